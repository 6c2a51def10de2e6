// The section that shows what is wrong with links and their tables. The server reads all link tables for it, so it is asked on demand.
import { h, plural } from './dom.js';
import { Refused } from './server.js';

const patience = 60_000; // ms

const query = `query LinkHealth {
  linkHealth(examples: 3) {
    damaged
    tables
    links
    findings { kind severity linkName subject count advice fixable examples { id left right links } }
  }
}`;

export class Health {
  #world; #section; #says; #rows; #table; #button; #show; #said;

  // show(link, opener) opens the panel of a link, said(text) announces a result.
  constructor(world, { section, says, rows, table, button, show, said }) {
    this.#world = world;
    this.#section = section;
    this.#says = says;
    this.#rows = rows;
    this.#table = table;
    this.#button = button;
    this.#show = show;
    this.#said = said;
    button.addEventListener('click', () => this.examine());
  }

  // examine asks the server and shows what it found.
  async examine() {
    this.#button.disabled = true;
    this.#said('Examining all links.');
    try {
      const data = await this.#world.server.ask(query, AbortSignal.timeout(patience));
      this.#draw(data.linkHealth);
    } catch (e) {
      if (!(e instanceof Refused)) this.#fail(e);
    } finally {
      this.#button.disabled = false;
    }
  }

  #draw({ damaged, tables, links, findings }) {
    const read = `${plural(links, 'live link')} in ${plural(tables, 'table')}`;
    const bad = findings.filter((f) => f.severity === 'DAMAGE').length;
    const text = damaged ? `${plural(bad, 'finding')} of damage in ${read}.` : `No damage in ${read}.`;
    this.#table.hidden = !findings.length;
    this.#rows.replaceChildren(...findings.map((f) => this.#row(f)));
    this.#tell(findings.some((f) => f.fixable) ? `${text} linkgraph links doctor --fix repairs those marked repairable.` : text);
  }

  #row(f) {
    const link = this.#world.links.find((l) => l.name === f.linkName);
    return h('tr', { class: f.severity.toLowerCase() },
      h('th', { scope: 'row' }, f.kind.toLowerCase().replaceAll('_', ' '), f.fixable && h('span', { class: 'fix' }, 'repairable')),
      h('td', {}, f.severity.toLowerCase()),
      h('td', {}, link ? h('button', { type: 'button', class: 'go', onclick: (e) => this.#show(link, e.currentTarget) }, link.name) : f.linkName ?? '–'),
      h('td', {}, h('code', {}, f.subject)),
      h('td', { class: 'number' }, f.count.toLocaleString('en')),
      h('td', {}, f.advice, f.examples.map((e) => h('p', { class: 'says' }, h('code', {}, example(e))))));
  }

  #fail(e) {
    this.#table.hidden = true;
    this.#tell(e.name === 'TimeoutError' ? `No answer in ${patience / 1000} seconds.` : `The links cannot be examined: ${e.message}`);
  }

  #tell(text) {
    this.#says.textContent = text;
    this.#section.hidden = false;
    this.#section.querySelector('h2').focus();
    this.#said(text);
  }
}

// example shows a row: its keys, or how many links a hub has.
function example({ id, left, right, links }) {
  const keys = [left, right].filter((key) => key !== null).join(' – ');
  return [id, keys, links !== null && plural(links, 'link')].filter(Boolean).join(': ');
}
