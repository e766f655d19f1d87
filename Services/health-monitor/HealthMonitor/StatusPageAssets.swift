// Files of the page, served as they stand: nothing is fetched from elsewhere, and nothing is inline.
extension StatusPage {
    static let style = """
        :root {
          --ink: #1b1f24; --paper: #f6f7f9; --card: #fff; --line: #d8dde3; --faint: #5b6470;
          --ready: #1a7f43; --degraded: #8a6100; --starting: #1f5fbf; --stalled: #b3420b; --down: #b3122b; --left: #6b6b6b;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --ink: #e6e9ed; --paper: #14171b; --card: #1d2127; --line: #343b44; --faint: #9aa4b0;
            --ready: #4fc57d; --degraded: #e0b040; --starting: #74a8f5; --stalled: #f28a4b; --down: #ff6b7f; --left: #a0a0a0;
          }
        }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 76rem; padding: 1rem; background: var(--paper); color: var(--ink);
          font: 16px/1.45 system-ui, sans-serif; }
        header { display: flex; align-items: baseline; justify-content: space-between; gap: 1rem; }
        h1 { font-size: 1.4rem; margin: 0; }
        a { color: inherit; }
        .summary { border-left: .4rem solid var(--tone); padding-left: .7rem; }
        .summary b, .state { color: var(--tone); }
        .summary::first-letter, .state::first-letter { text-transform: capitalize; }
        .state time { color: var(--faint); font-size: .85rem; font-weight: 400; margin-left: .3rem; }
        #silence { background: var(--down); color: var(--paper); padding: .5rem .7rem; border-radius: .3rem; }
        ul { list-style: none; margin: 0; padding: 0; display: grid; gap: .8rem;
          grid-template-columns: repeat(auto-fill, minmax(min(17rem, 100%), 1fr)); }
        li { background: var(--card); border: 1px solid var(--line); border-top: .3rem solid var(--tone);
          border-radius: .4rem; padding: .7rem .9rem; }
        h2 { font-size: 1rem; margin: 0; overflow-wrap: anywhere; }
        .state { margin: .1rem 0 .4rem; font-weight: 600; }
        .detail { margin: 0 0 .5rem; overflow-wrap: anywhere; }
        dl { display: grid; grid-template-columns: auto 1fr; gap: .1rem .8rem; margin: 0; font-size: .9rem; }
        dt { color: var(--faint); }
        dd { margin: 0; text-align: right; font-variant-numeric: tabular-nums; }
        .ready { --tone: var(--ready); }
        .degraded { --tone: var(--degraded); }
        .starting, .draining { --tone: var(--starting); }
        .stalled { --tone: var(--stalled); }
        .down { --tone: var(--down); }
        .left { --tone: var(--left); }

        """

    static let script = """
        "use strict";
        const cards = document.getElementById("cards");
        const silence = document.getElementById("silence");

        async function refresh() {
          try {
            const answer = await fetch("/cards", { cache: "no-store", signal: AbortSignal.timeout(5000) });
            if (!answer.ok) throw new Error(answer.statusText);
            const html = await answer.text();
            // Whoever selects text or follows a link with the keyboard is not disturbed.
            const isBusy = cards.contains(document.activeElement) || !getSelection().isCollapsed;
            if (!isBusy) cards.innerHTML = html;
            silence.hidden = true;
          } catch {
            silence.hidden = false;
          }
          setTimeout(refresh, 2000);
        }
        setTimeout(refresh, 2000);

        """

    static let icon = """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="#1f7fbf"
        d="M1 3h14v3H1zM1 8h6v6H1zM9 8h6v2H9zM9 12h6v2H9z"/></svg>

        """
}
