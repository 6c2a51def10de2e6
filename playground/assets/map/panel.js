// The panel beside the picture: a model, a link, or the links between two modules.
import { breakable, h, plural } from './dom.js';
import { cardinality, cascades, linkQuery, modelQuery, storedIn } from './model.js';

export class Panel {
  #world; #panel; #counts; #show; #closed; #said; #types = new Map(); #opener; #what;

  constructor(world, { panel, counts, show, closed, said }) {
    this.#world = world;
    this.#panel = panel;
    this.#counts = counts;
    this.#show = show;
    this.#closed = closed;
    this.#said = said;
  }

  get what() { return this.#what; }

  open(what, opener) {
    this.#what = what;
    if (!this.#panel.contains(opener)) this.#opener = opener;
    this.#panel.hidden = false;
    this.#panel.replaceChildren(...(what.between ? this.#bundle(what) : what.left ? this.#link(what) : this.#model(what)));
    this.#panel.scrollTop = 0;
    this.#panel.querySelector('h2').focus({ preventScroll: true });
  }

  close() {
    if (!this.#what) return;
    this.#what = undefined;
    this.#panel.hidden = true;
    this.#panel.replaceChildren();
    this.#closed();
    if (this.#opener?.isConnected && this.#opener.checkVisibility()) this.#opener.focus();
    this.#opener = undefined;
  }

  // recount updates the counts in the panel.
  recount() {
    for (const e of this.#panel.querySelectorAll('[data-count]')) {
      e.textContent = countText(this.#counts.of(this.#world.links.find((l) => l.name === e.dataset.count)));
    }
  }

  #head(kind, title) {
    return h('header', {},
      h('div', {}, h('p', { class: 'kind' }, kind), h('h2', { id: 'panel-title', tabindex: '-1' }, breakable(title))),
      h('button', { type: 'button', class: 'close', 'aria-label': 'Close the panel', title: 'Close (Escape)', onclick: () => this.close() }, '×'));
  }

  #go(what, text) {
    return what ? h('button', { type: 'button', class: 'go', onclick: (e) => this.#show(what, e.currentTarget) }, breakable(text)) : text;
  }

  #modelGo(name) { return this.#go(this.#world.models.get(name), name); }

  // ---- a model

  #model(m) {
    const about = h('p', { class: 'about' });
    const types = new Map(m.columns.map((c) => [c.field, h('td', {}, c.type)]));
    const says = new Map(m.columns.map((c) => [c.field, h('p', { class: 'says' }, c.secret ? 'Secret: only admins who may write can read it.' : '')]));
    this.#type(m.name).then((t) => {
      about.textContent = t.description ?? '';
      for (const f of t.fields ?? []) {
        if (!types.has(f.name)) continue;
        types.get(f.name).replaceChildren(code(typeText(f.type)));
        says.get(f.name).textContent = f.description ?? '';
      }
    }, (e) => { about.textContent = `The API has no description: ${e.message}`; });
    const linked = new Map();
    for (const l of m.links) {
      for (const [near, far] of [[l.left, l.right], [l.right, l.left]]) {
        if (near.model === m.name) linked.set(near.field ?? `${l.name} ${near.key}`, { l, near, far });
      }
    }
    const own = m.relations.filter((r) => !linked.has(r.field) && !this.#world.models.get(r.target)?.link);
    return [
      this.#head(`Model of ${m.module}`, m.name), about,
      facts([['Table', code(m.table)], m.key && ['Key in links', h('code', {}, m.key)], m.idPrefix && ['Ids', h('code', {}, `${m.idPrefix}_…`)]]),
      ...this.#query(modelQuery(this.#world, m)),
      ...section(`Links (${linked.size})`, linked.size > 0 && table(['Field', 'Link'], [...linked].map(([field, { l, near, far }]) => [
        [near.field ? code(field) : 'none', h('p', { class: 'says' }, far.isList ? 'many ' : 'one ', this.#modelGo(far.model))],
        [this.#go(l, l.name), h('p', { class: 'says' }, [l.readOnly ? 'read-only' : 'stored', far.deleteCascade && 'deleted with this', near.deleteCascade && 'this is deleted with it'].filter(Boolean).join(', '))],
      ]))),
      ...section(`Relations inside the module (${own.length})`, own.length > 0 && table(['Field', 'To'], own.map((r) => [
        code(r.field), [r.many ? 'many ' : 'one ', this.#modelGo(r.target), r.cascade && h('p', { class: 'says' }, 'deleted with this')],
      ]))),
      ...section(`Fields (${m.columns.length})`, table(['Field', 'Type'], m.columns.map((c) => [
        [code(c.field), says.get(c.field)], types.get(c.field),
      ]))),
    ];
  }

  #type(name) {
    if (!this.#types.has(name)) {
      const of = 'kind name ofType { kind name ofType { kind name ofType { kind name } } }';
      const answer = this.#world.server.ask(`query Type { __type(name: ${JSON.stringify(name)}) { description fields { name description type { ${of} } } } }`)
        .then((data) => data.__type ?? {});
      answer.catch(() => this.#types.delete(name)); // retry next time
      this.#types.set(name, answer);
    }
    return this.#types.get(name);
  }

  // ---- a link

  #link(l) {
    const sides = (title, of) => [h('th', { scope: 'row' }, title), of(l.left), of(l.right)];
    const ends = [
      sides('Model', (e) => this.#modelGo(e.model)), sides('Module', (e) => breakable(e.module)), sides('Field', (e) => (e.field ? code(e.field) : 'none')),
      sides('Key', (e) => code(e.key)), sides('How many', (e) => (e.isList ? 'many' : 'one')), sides('Deleted with the other', (e) => (e.deleteCascade ? 'yes' : 'no')),
    ];
    const count = this.#counts.of(l);
    return [
      this.#head(l.readOnly ? 'Read-only link' : 'Stored link', l.name),
      h('p', { class: 'about' }, [`${l.left.model} to ${l.right.model}, ${cardinality(l)}.`, ...cascades(l)].join(' ')),
      facts([['Stored in', storedIn(this.#world, l)], !l.readOnly && ['Rows', h('span', { 'data-count': l.name }, countText(count))]]),
      ...this.#query(linkQuery(this.#world, l)),
      ...section('Ends', table(['', 'Left', 'Right'], ends)),
      ...section(`Extra columns (${l.extraColumns.length})`, l.extraColumns.length > 0 && table(['Field', 'Type', 'Default'],
        l.extraColumns.map((c) => [code(c.name), h('code', {}, c.type), c.default === null ? 'none' : h('code', {}, c.default)]))),
    ];
  }

  #bundle({ links, between: [a, b] }) {
    return [
      this.#head(plural(links.length, 'link'), `${a} and ${b}`),
      table(['Link', 'Ends', 'Rows'], links.map((l) => [
        [this.#go(l, l.name), h('p', { class: 'says' }, l.readOnly ? 'read-only' : 'stored')],
        [this.#modelGo(l.left.model), ' to ', this.#modelGo(l.right.model), h('p', { class: 'says' }, cardinality(l))],
        l.readOnly ? '–' : h('span', { 'data-count': l.name }, countText(this.#counts.of(l))),
      ])),
    ];
  }

  // ---- a ready query

  #query(text) {
    if (!text) return [];
    const copy = h('button', { type: 'button', onclick: () => this.#copy(text, copy) }, 'Copy');
    return section('Ready query',
      h('pre', { tabindex: '0', 'aria-label': 'Ready query' }, text),
      h('p', { class: 'actions' }, h('a', { class: 'button first', href: `./?query=${encodeURIComponent(text)}` }, 'Open in the playground'), copy));
  }

  async #copy(text, button) {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = 'Copied';
      this.#said('The query is on the clipboard.');
    } catch {
      const pre = this.#panel.querySelector('pre');
      getSelection().selectAllChildren(pre);
      this.#said('The browser does not allow copying. The query is selected instead.');
      return;
    }
    setTimeout(() => { button.textContent = 'Copy'; }, 2000);
  }
}

export function countText(c) {
  if (c?.error) return `not counted: ${c.error}`;
  return c?.n === undefined ? '…' : c.n.toLocaleString('en');
}

// typeText returns a type in the syntax of the schema.
function typeText(t) {
  if (t.kind === 'NON_NULL') return `${typeText(t.ofType)}!`;
  if (t.kind === 'LIST') return `[${typeText(t.ofType)}]`;
  return t.name;
}

const code = (text) => h('code', {}, breakable(text));

const facts = (pairs) => h('dl', {}, pairs.filter(Boolean).map(([term, text]) => h('div', {}, h('dt', {}, term), h('dd', {}, text))));

// section returns nothing if it has no content.
const section = (title, ...content) => (content.some(Boolean) ? [h('h3', {}, title), ...content] : []);

function table(heads, rows) {
  return h('div', { class: 'wide' }, h('table', {},
    h('thead', {}, h('tr', {}, heads.map((t) => (t ? h('th', { scope: 'col' }, t) : h('td', {}))))),
    h('tbody', {}, rows.map((cells) => h('tr', {}, cells.map((c) => (c instanceof HTMLTableCellElement ? c : h('td', {}, c))))))));
}
