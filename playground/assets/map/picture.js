// The picture: modules as boxes, links as lines with a label. Boxes and labels are buttons; the lines are decoration.
import { breakable, h, plural, s } from './dom.js';
import { arrange, place, route, settle } from './layout.js';

const gap = { x: 84, y: 84, top: 48, side: 24 };
const openGap = { ...gap, x: 120, y: 110 }; // an open box has a line for each link
const boxWidth = 184;

export class Picture {
  #world; #view; #sheet; #lines; #boxes = new Map(); #labels = new Map(); #rows; #columns = 0; #size = { w: 0, h: 0 };
  #show; #counts; #marked; #zoom = 0; // 0 fits the picture to its frame
  open = new Set();

  // show(what, opener) is called when a visitor picks a model or link; opener is the button.
  constructor(world, { view, sheet, counts, show }) {
    this.#world = world;
    this.#view = view;
    this.#sheet = sheet;
    this.#counts = counts;
    this.#show = show;
    this.#lines = s('svg', { 'aria-hidden': 'true' });
    sheet.append(this.#lines);
    for (const m of world.modules.values()) this.#boxes.set(m.name, this.#box(m));
    view.addEventListener('keydown', (e) => this.#arrows(e));
    new ResizeObserver(() => this.#fit()).observe(view);
  }

  // draw draws the modules, models and links of the filter, by default those of the last one.
  draw(filter) {
    this.filter = filter ?? this.filter;
    const shown = this.filter.modules;
    this.#arrange();
    for (const [name, box] of this.#boxes) this.#fill(box, name, shown.has(name));
    this.#layOut();
  }

  get isEmpty() { return this.filter.modules.size === 0; }

  // labels are the buttons on the lines.
  get labels() { return [...this.#labels.values()].map((l) => l.button); }

  toggle(name, open = !this.open.has(name)) {
    const head = this.#boxes.get(name).head;
    const before = head.getBoundingClientRect();
    if (open) this.open.add(name);
    else this.open.delete(name);
    this.draw();
    const after = head.getBoundingClientRect(); // keep the box under the pointer
    window.scrollBy(0, after.top - before.top);
    this.#view.scrollLeft += after.left - before.left;
  }

  openAll(open) {
    this.open = new Set(open ? this.#world.modules.keys() : []);
    this.draw();
  }

  zoom(step) {
    this.#zoom = step === 0 ? 0 : Math.min(2, Math.max(0.4, Math.round((this.#scale() + step) * 10) / 10));
    this.#fit();
  }

  // mark highlights the model or links that the panel shows.
  mark(what) {
    this.#marked = what;
    const links = what ? (what.left ? [what] : what.links ?? []) : [];
    this.#sheet.classList.toggle('marking', links.length > 0);
    for (const l of this.#labels.values()) {
      const on = l.links.some((one) => links.includes(one));
      l.button.classList.toggle('marked', on);
      for (const part of l.parts) part.classList.toggle('marked', on);
    }
    for (const b of this.#boxes.values()) {
      for (const m of b.models) m.button.classList.toggle('marked', m.model === what);
    }
  }

  // reveal scrolls to a button of the picture.
  reveal(element) {
    if (this.#sheet.contains(element)) element.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }

  // recount updates the counts on the labels.
  recount() {
    for (const l of this.#labels.values()) {
      const text = this.#labelText(l.links);
      if (l.button.dataset.text === text.key) continue;
      l.button.dataset.text = text.key;
      l.button.replaceChildren(...text.parts);
      l.button.setAttribute('aria-label', text.name);
      l.button.title = text.name;
    }
  }

  // ---- boxes

  // box creates the elements of a module.
  #box(module) {
    const list = h('ul', { class: 'models', id: `module-${module.name}` });
    const head = h('button', {
      type: 'button', class: 'head', 'aria-expanded': 'false', 'aria-controls': list.id, onclick: () => this.toggle(module.name),
    }, h('span', { class: 'name' }, module.name), h('span', { class: 'size' }, plural(module.models.length, 'model')));
    const element = h('section', { class: 'module', 'aria-label': `Module ${module.name}` }, head, list);
    const models = module.models.map((model) => {
      const button = h('button', {
        type: 'button', class: model.links.length ? 'model linked' : 'model', 'data-model': model.name,
        onclick: (e) => this.#show(model, e.currentTarget),
      }, breakable(model.name));
      return { model, button, item: h('li', {}, button) };
    });
    list.append(...models.map((m) => m.item));
    element.addEventListener('pointerenter', () => this.#hover((l) => l.links.some((one) => module.links.includes(one))));
    element.addEventListener('pointerleave', () => this.#hover());
    this.#sheet.append(element);
    return { module, element, head, list, models };
  }

  // fill shows or hides a box and its models.
  #fill(box, name, shown) {
    const matching = this.filter.models;
    const open = this.open.has(name) || (this.filter.text !== '' && box.models.some((m) => matching.has(m.model)));
    box.isOpen = open;
    box.element.hidden = !shown;
    box.list.hidden = !open;
    box.head.setAttribute('aria-expanded', open);
    let n = 0;
    for (const m of box.models) {
      m.item.hidden = this.filter.text !== '' && !this.open.has(name) && !matching.has(m.model);
      n += m.item.hidden ? 0 : 1;
    }
    box.element.classList.toggle('open', open);
    box.element.classList.toggle('two', open && n > 8);
  }

  // ---- places

  // arrange puts the modules into rows for the width of the window. Filters and open boxes do not change the rows, so that a
  // visitor finds each module where it was.
  #arrange() {
    const columns = Math.max(2, Math.floor((document.documentElement.clientWidth - 2 * gap.side + gap.x) / (boxWidth + gap.x)));
    if (columns === this.#columns) return;
    this.#columns = columns;
    const pairs = new Map(this.#world.links.map((l) => [[l.left.module, l.right.module].sort().join(' '), [l.left.module, l.right.module]]));
    this.#rows = arrange([...this.#world.modules.keys()], [...pairs.values()], columns);
    for (const name of this.#rows.flat()) this.#sheet.append(this.#boxes.get(name).element); // the order of Tab follows the rows
    for (const l of this.#labels.values()) this.#sheet.append(l.button);
  }

  #layOut() {
    const rows = this.#rows.map((row) => row.filter((n) => this.filter.modules.has(n))).filter((row) => row.length);
    const sizes = new Map(rows.flat().map((n) => {
      const e = this.#boxes.get(n).element;
      return [n, { w: e.offsetWidth, h: e.offsetHeight }];
    }));
    const room = rows.flat().some((n) => this.#boxes.get(n).isOpen) ? openGap : gap;
    // With few boxes in a row, lines go around them and need room at the sides.
    const { boxes, width, height } = place(rows, sizes, { ...room, side: this.#columns < 3 ? 72 : room.side });
    for (const [name, r] of boxes) {
      Object.assign(this.#boxes.get(name).element.style, { left: `${r.x}px`, top: `${r.y}px` });
    }
    this.#size = { w: width, h: height };
    Object.assign(this.#sheet.style, { width: `${width}px`, height: `${height}px` });
    this.#lines.setAttribute('width', width);
    this.#lines.setAttribute('height', height);
    this.#drawLinks(boxes);
    this.#fit();
  }

  // bundles groups links into lines: all links between two closed boxes share a line, a link of an open box has its own.
  #bundles() {
    const bundles = new Map();
    for (const l of this.filter.links) {
      const open = [l.left, l.right].map((end) => this.#shownModel(end));
      const key = open.some(Boolean) ? l.name : [l.left.module, l.right.module].sort().join(' ');
      const [from, to] = open.some(Boolean) || l.left.module <= l.right.module ? [l.left, l.right] : [l.right, l.left];
      if (!bundles.has(key)) bundles.set(key, { key, links: [], from, to });
      bundles.get(key).links.push(l);
    }
    return [...bundles.values()];
  }

  #shownModel(end) {
    const box = this.#boxes.get(end.module);
    if (!box?.isOpen) return undefined;
    return box.models.find((m) => m.model.name === end.model && !m.item.hidden);
  }

  #drawLinks(boxes) {
    const bundles = this.#bundles().filter((b) => boxes.has(b.from.module) && boxes.has(b.to.module));
    const keys = new Set(bundles.map((b) => b.key));
    for (const [key, l] of this.#labels) {
      if (keys.has(key)) continue;
      l.button.remove();
      this.#labels.delete(key);
    }
    for (const b of bundles) this.#label(b);
    this.recount();
    const rectangles = [...boxes.values()];
    const end = (e) => {
      const box = boxes.get(e.module), m = this.#shownModel(e);
      const at = m && this.#boxes.get(e.module).element;
      return { box, item: m && { x: box.x + m.item.offsetLeft + at.clientLeft, y: box.y + m.item.offsetTop + at.clientTop, w: m.item.offsetWidth, h: m.item.offsetHeight } };
    };
    const placed = [];
    const drawn = [];
    const used = new Map();
    const length = (b) => {
      const p = boxes.get(b.from.module), q = boxes.get(b.to.module);
      return Math.hypot(p.x - q.x, p.y - q.y);
    };
    bundles.sort((a, b) => length(a) - length(b)); // short lines have the fewest alternatives
    for (const b of bundles) {
      const label = this.#labels.get(b.key);
      const curve = route(end(b.from), end(b.to), rectangles, used);
      const r = settle(curve, { w: label.button.offsetWidth, h: label.button.offsetHeight }, rectangles, placed);
      placed.push(r);
      Object.assign(label.button.style, { left: `${r.x}px`, top: `${r.y}px` });
      label.parts = this.#line(b, curve, label);
      drawn.push(...label.parts);
    }
    this.#lines.replaceChildren(...drawn);
    this.mark(this.#marked);
  }

  #line(b, curve, label) {
    const [p, c1, c2, q] = curve.map((at) => `${at.x.toFixed(1)} ${at.y.toFixed(1)}`);
    const d = `M${p}C${c1} ${c2} ${q}`;
    const readOnly = b.links.every((l) => l.readOnly);
    const parts = [s('path', { d, class: readOnly ? 'edge read-only' : 'edge' })];
    const gone = (end) => (b.links.length === 1 ? end.deleteCascade : b.links.some((l) => cascadesInto(l, end.module)));
    if (gone(b.from)) parts.push(tip(curve[0], curve[1]));
    if (gone(b.to)) parts.push(tip(curve[3], curve[2]));
    const touch = s('path', { d, class: 'touch' });
    touch.addEventListener('click', () => label.button.click());
    touch.addEventListener('pointerenter', () => this.#hover((l) => l === label));
    touch.addEventListener('pointerleave', () => this.#hover());
    return [...parts, touch];
  }

  // ---- labels

  #label(b) {
    let label = this.#labels.get(b.key);
    if (!label) {
      const button = h('button', { type: 'button', class: 'label' });
      label = { button, links: [], parts: [] };
      button.addEventListener('click', () => this.#show(label.links.length === 1 ? label.links[0] : { links: label.links, between: [b.from.module, b.to.module] }, button));
      for (const on of ['pointerenter', 'focus']) button.addEventListener(on, () => this.#hover((l) => l === label));
      for (const off of ['pointerleave', 'blur']) button.addEventListener(off, () => this.#hover());
      this.#labels.set(b.key, label);
      this.#sheet.append(button);
    }
    label.links = b.links;
    label.button.classList.toggle('read-only', b.links.every((l) => l.readOnly));
    const names = b.links.filter((l) => !l.readOnly).map((l) => l.name).join(' ');
    if (label.button.dataset.links !== names) {
      label.button.dataset.links = names;
      this.#counts.watch(label.button);
    }
  }

  #labelText(links) {
    const sum = this.#counts.sum(links);
    const count = sum === null ? '' : sum === undefined ? '…' : sum.error ? '?' : sum.n.toLocaleString('en');
    const size = plural(links.length, 'link');
    const kind = links.every((l) => l.readOnly) ? 'read-only' : links.some((l) => l.readOnly) ? 'stored and read-only' : 'stored';
    const names = links.map((l) => `${l.name} (${l.left.model} – ${l.right.model}${l.left.deleteCascade || l.right.deleteCascade ? ', cascades' : ''})`).join(', ');
    const rows = sum === null ? '' : sum === undefined ? ', rows not counted yet' : sum.error ? `, not counted: ${sum.error}` : `, ${plural(sum.n, 'row')}`;
    return {
      key: `${size} ${count} ${names}`,
      name: `${size}, ${kind}${rows}: ${names}`,
      parts: [h('span', {}, size), ...(count === '' ? [] : [h('span', { class: 'count' }, count)])],
    };
  }

  // hover emphasizes the lines whose label passes the test; without a test, none.
  #hover(is) {
    this.#sheet.classList.toggle('hovering', Boolean(is));
    for (const l of this.#labels.values()) {
      const on = Boolean(is?.(l));
      l.button.classList.toggle('near', on);
      for (const part of l.parts) part.classList.toggle('near', on);
    }
    for (const [name, b] of this.#boxes) {
      b.element.classList.toggle('near', [...this.#labels.values()].some((l) => is?.(l) && l.links.some((one) => one.left.module === name || one.right.module === name)));
    }
  }

  // ---- zoom and keys

  #scale() {
    if (this.#zoom) return this.#zoom;
    return Math.min(1.15, Math.max(window.innerWidth < 600 ? 0.6 : 0.75, this.#view.clientWidth / (this.#size.w || 1)));
  }

  #fit() {
    const scale = this.#scale();
    const left = Math.max(0, (this.#view.clientWidth - this.#size.w * scale) / 2);
    this.#sheet.style.transform = `translate(${left}px, 0) scale(${scale})`;
    this.#view.style.height = `${this.#size.h * scale + 14}px`;
  }

  // arrows moves the focus to the nearest button in the direction of an arrow key.
  #arrows(e) {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key];
    if (!way || e.altKey || e.ctrlKey || e.metaKey) return;
    const centre = (el) => {
      const r = el.getBoundingClientRect();
      return [r.left + r.width / 2, r.top + r.height / 2];
    };
    const [x, y] = centre(document.activeElement);
    let best, least = Infinity;
    for (const b of this.#sheet.querySelectorAll('button')) {
      if (b === document.activeElement || !b.checkVisibility()) continue;
      const [bx, by] = centre(b);
      const along = (bx - x) * way[0] + (by - y) * way[1];
      const aside = Math.abs((bx - x) * way[1]) + Math.abs((by - y) * way[0]);
      if (along < 4 || aside > along * 3) continue;
      if (along + 2 * aside < least) [least, best] = [along + 2 * aside, b];
    }
    e.preventDefault();
    best?.focus();
    best?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }
}

const cascadesInto = (l, module) => [l.left, l.right].some((e) => e.module === module && e.deleteCascade);

// tip returns an arrowhead that ends at p.
function tip(p, from) {
  const angle = Math.atan2(p.y - from.y, p.x - from.x);
  const at = (along, aside) => `${(p.x + along * Math.cos(angle) - aside * Math.sin(angle)).toFixed(1)} ${(p.y + along * Math.sin(angle) + aside * Math.cos(angle)).toFixed(1)}`;
  return s('path', { d: `M${at(1, 0)}L${at(-10, 5)}L${at(-10, -5)}Z`, class: 'tip' });
}
