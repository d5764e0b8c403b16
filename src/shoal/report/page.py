"""An account as one HTML page that needs no network: gain, what binds, the table, the timeline, the speed-up curve."""

from collections.abc import Iterable, Sequence
from html import escape

from shoal.binding import binding, slower_than_one
from shoal.model import Account, BoardAccount
from shoal.report import curve as curves
from shoal.report import drawing
from shoal.report.style import STYLE
from shoal.timeline import Span


def html(account: Account, timeline: Iterable[Span], spec: str, *, curve: Sequence[tuple[float, float]] = ()) -> str:
    """The page. `spec`: the cluster's; `curve`: (boards, speed-up) of a prediction, else the account's own figures make one."""
    spans = list(timeline)
    title = f"Shoal: account of {escape(spec)}"
    parts = [
        f"<h1>{title}</h1>",
        _facts(account),
        _binding(account),
        "<h2>Where the time went</h2>",
        _table(account),
        _notes(account),
        "<h2>Timeline</h2>",
        _timeline(account, spans),
        "<h2>Speed-up</h2>",
        curves.figure(account, curve),
    ]
    metas = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    head = f"{metas}<title>{title}</title><style>{STYLE}</style>"
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>\n' + "\n".join(parts) + "\n</body></html>\n"


def _facts(account: Account) -> str:
    alone = account.one_board_s if account.alone_s is None else account.alone_s
    facts = [
        (f"{account.calls}", f"calls on {len(account.boards)} boards"),
        (drawing.seconds(account.wall_s), "wall time"),
        (drawing.seconds(alone), f"one board alone ({escape(account.alone_how)})"),
        (f"{account.speed_up:.2f}", f"speed-up ({escape(account.alone_how)})"),
        (f"{account.efficiency:.0%}", "efficiency"),
    ]
    if account.joules:
        per = f"{account.calls_per_joule:.3g} calls per joule (catalogue's watts: {escape(account.joules_basis)})"
        facts.append((f"{account.joules:.3g} J", per))
    return '<ul class="facts">' + "".join(f"<li><b>{figure}</b>{what}</li>" for figure, what in facts) + "</ul>"


def _binding(account: Account) -> str:
    binds = binding(account)
    slower = "<p><b>The cluster was slower than one board alone.</b></p>" if slower_than_one(account) else ""
    helps = "".join(f"<li>{escape(text)}</li>" for text in binds.helps)
    sentence = escape(binds.sentence[:1].upper() + binds.sentence[1:])
    told = f"{slower}<p><b>What binds: {binds.what}.</b> {sentence}.</p>"
    return f"{told}<p>What would help:</p><ul>{helps}</ul>" if helps else told


def _table(account: Account) -> str:
    heads = ("board", "calls", "compute", "link", "waiting", "idle", "busy", "sent", "received", "joules")
    rows = [_row(board, account.wall_s) for board in account.boards]
    head = "".join(f"<th>{name}</th>" for name in heads)
    return f"<figure><table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></figure>"


def _row(board: BoardAccount, wall: float) -> str:
    times = [drawing.seconds(value) for value in (board.compute_s, board.link_s, board.waiting_s, board.idle_s)]
    busy = f"{(board.compute_s + board.link_s) / wall:.0%}" if wall else ""
    joules = f"{board.joules:.3g}" if board.load_w else ""
    carried = [drawing.size(count) for count in (board.bytes_out, board.bytes_in)]
    cells = (escape(board.name), str(board.calls), *times, busy, *carried, joules)
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _notes(account: Account) -> str:
    return "".join(f'<p class="faint">{escape(note)}</p>' for note in account.notes)


def _timeline(account: Account, spans: list[Span]) -> str:
    key = "".join(f'<i class="{name}"></i>{name}' for name in ("compute", "link", "waiting", "idle"))
    if not spans:
        return '<p class="faint">There is no timeline: no lump was answered.</p>'
    joined = sum(span.lumps for span in spans) - len(spans)
    more = f" {joined} lumps were joined to their neighbours." if joined else ""
    how = "Within a lump, only how long link and computing took is known: they are drawn at its end."
    if len(account.boards) > drawing.MOST_ROWS:
        more += f" Of {len(account.boards)} boards the first {drawing.MOST_ROWS} are shown."
    picture = drawing.timeline([board.name for board in account.boards], spans)
    return f'<figure><p class="key">{key}</p>{picture}<figcaption>{how}{more}</figcaption></figure>'
