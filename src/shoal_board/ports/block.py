"""Which of a chip's I2C blocks two pins belong to."""


def on_block(kind, gpio, *args, **options):
    """Make an I2C or I2CTarget: on an RP2040 the GPIO of SDA says of which of the two blocks, elsewhere the first does it."""
    try:
        return kind(gpio // 2 % 2, *args, **options)
    except ValueError:
        return kind(0, *args, **options)
