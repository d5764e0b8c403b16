"""Timeouts and limits of this computer's side, each with its reason. Boards have none of their own: HELLO tells them."""

HELLO_EVERY_S = 0.5  # a HELLO is not acknowledged, so it is repeated until the board answers
HELLO_WITHIN_S = 15.0  # a board that has not answered by then is given up: 200 virtual boards on one core take 10 s
RECEIVE_BUFFER = 32768  # bytes read from a board at a time
RECEIVE_LIMIT = 16384  # largest payload taken from a board
CREDIT = 64  # frames that a board may send before it hears of us; buffers here are cheap
LOSSY_FRAME = 192  # payload on a lossy link: at one damaged byte in 1,000, four frames of five come through
RESEND_MS = 40  # first patience on a lossy link; it doubles up to four times this
NUDGE_S = 1.0  # on lossy links, how often a board hears something even if there is nothing to say
TICK_S = 0.02  # how often the scheduler hears of the time while boards are busy
FAILURES_TOLD = 5  # endings of boards that one message quotes
BOARD_FRAME = 2048  # largest payload a board takes, bytes: two buffers of it are most of what the agent keeps
BOARD_CREDIT = 8  # frames on their way to a board
STOP_WITHIN_S = 4.0  # a board with a timer stops a task that is late, or resets itself 2 s later
