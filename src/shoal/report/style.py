"""How the page looks: light or dark, as the reader's browser asks for."""

STYLE = """
:root {
 --compute: #2f8f5b; --link: #d9822b; --waiting: #c9c9c9; --idle: #f1f1f1;
 --ink: #222; --faint: #777; --paper: #fff;
}
@media (prefers-color-scheme: dark) {
 :root { --waiting: #5a5a5a; --idle: #2a2a2a; --ink: #e6e6e6; --faint: #9a9a9a; --paper: #171717; }
}
body { font: 15px/1.45 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
body { color: var(--ink); background: var(--paper); }
h1 { font-size: 1.4rem; }
h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .2rem .6rem; border-bottom: 1px solid var(--idle); }
th:first-child, td:first-child { text-align: left; }
.facts { display: flex; flex-wrap: wrap; gap: .5rem 2.5rem; padding: 0; }
.facts li { list-style: none; }
.facts b { display: block; font-size: 1.5rem; }
.faint, figcaption { color: var(--faint); }
.key i { display: inline-block; width: .8em; height: .8em; margin: 0 .3em 0 1em; border: 1px solid var(--faint); }
figure { margin: 0; overflow-x: auto; }
svg { max-width: 100%; height: auto; }
svg text { fill: var(--ink); font: 12px system-ui, sans-serif; }
.compute { fill: var(--compute); background: var(--compute); }
.link { fill: var(--link); background: var(--link); }
.waiting { fill: var(--waiting); background: var(--waiting); }
.idle { fill: var(--idle); background: var(--idle); }
.axis { stroke: var(--faint); stroke-width: 1; }
.ideal { stroke: var(--faint); stroke-dasharray: 4 4; fill: none; }
.curve { stroke: var(--compute); stroke-width: 2; fill: none; }
.dot { fill: var(--link); }
"""
