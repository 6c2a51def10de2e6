// Entry point of the map: all modules, their models and the links between them, as a picture and as a list.
import { h, plural } from './dom.js';
import { cardinality, cascades, load, storedIn } from './model.js';
import { Counts } from './counts.js';
import { Health } from './health.js';
import { KeyForm } from './key-form.js';
import { Picture } from './picture.js';
import { Panel, countText } from './panel.js';
import { Server } from './server.js';
import { takeToken } from '../settings.js';

const byId = (id) => document.getElementById(id);

// start draws the page, and returns a function that counts the links again.
function start(world) {
  let picture, panel;
  for (const e of document.querySelectorAll('[data-world]')) e.hidden = false;
  const say = (text) => { byId('status').textContent = text; };
  const rows = new Map();
  const counts = new Counts(world, (done) => {
    recount();
    if (done) say(`Counted at ${new Date().toLocaleTimeString()}.`);
  });
  const show = (what, opener) => {
    panel.open(what, opener);
    picture.mark(what);
    if (opener) picture.reveal(opener);
    history.replaceState(null, '', what.name ? `#${what.name}` : location.pathname);
  };
  const recount = () => {
    picture.recount();
    panel.recount();
    for (const [link, row] of rows) row.count.textContent = link.readOnly ? '–' : countText(counts.of(link));
  };

  picture = new Picture(world, { view: byId('view'), sheet: byId('sheet'), counts, show });
  panel = new Panel(world, {
    panel: byId('panel'), counts, show, said: say,
    closed: () => {
      picture.mark();
      history.replaceState(null, '', location.pathname);
    },
  });

  new Health(world, {
    section: byId('health'), says: byId('health-says'), rows: byId('health-rows'), table: byId('health-table'), button: byId('examine'),
    show, said: say,
  });

  // ---- the list
  for (const l of world.links) {
    const end = (e) => [
      h('button', { type: 'button', class: 'go', onclick: (ev) => show(world.models.get(e.model), ev.currentTarget) }, e.model),
      e.field ? h('code', {}, `.${e.field}`) : '',
    ];
    const count = h('td', { class: 'number', 'data-links': l.readOnly ? '' : l.name });
    const element = h('tr', {},
      h('th', { scope: 'row' }, h('button', { type: 'button', class: 'go', onclick: (e) => show(l, e.currentTarget) }, l.name)),
      h('td', {}, end(l.left)), h('td', {}, end(l.right)), h('td', {}, cardinality(l)),
      h('td', {}, l.readOnly ? `${storedIn(world, l)}, read-only` : storedIn(world, l)), h('td', {}, cascades(l).join(' ')), count);
    rows.set(l, { element, count });
    byId('rows').append(element);
    counts.watch(count);
  }

  // ---- filter
  const draw = () => {
    const filter = choose(world, byId('filter').value, byId('read-only').checked);
    picture.draw(filter);
    byId('none').hidden = !picture.isEmpty;
    for (const [link, row] of rows) row.element.hidden = !filter.links.includes(link);
    const readOnly = filter.links.filter((l) => l.readOnly).length;
    byId('summary').textContent = [
      plural(filter.modules.size, 'module'),
      plural([...filter.modules].reduce((n, name) => n + (filter.text ? world.modules.get(name).models.filter((m) => filter.models.has(m)).length : world.modules.get(name).models.length), 0), 'model'),
      plural(filter.links.length, 'link') + (readOnly && readOnly < filter.links.length ? `, ${readOnly} of them read-only` : ''),
    ].join(' · ');
    byId('links').textContent = filter.links.length === world.links.length ? 'All links' : `${plural(filter.links.length, 'link')} of ${world.links.length}`;
    recount();
    if (filter.text) say(byId('summary').textContent);
  };
  byId('filter').addEventListener('input', draw);
  byId('read-only').addEventListener('change', draw);
  byId('open-all').addEventListener('click', (e) => {
    const all = e.currentTarget.getAttribute('aria-pressed') !== 'true';
    e.currentTarget.setAttribute('aria-pressed', all);
    e.currentTarget.textContent = all ? 'Close all' : 'Open all';
    picture.openAll(all);
  });
  const refresh = () => {
    say('Counting.');
    counts.refresh([...picture.labels, ...[...rows.values()].map((r) => r.count)]);
  };
  byId('refresh').addEventListener('click', refresh);
  byId('zoom-in').addEventListener('click', () => picture.zoom(0.2));
  byId('zoom-out').addEventListener('click', () => picture.zoom(-0.2));
  byId('zoom-fit').addEventListener('click', () => picture.zoom(0));
  document.addEventListener('keydown', (e) => {
    if (e.key === 'Escape' && !e.defaultPrevented) panel.close();
  });
  addEventListener('resize', () => picture.draw());
  draw();

  const name = decodeURIComponent(location.hash.slice(1));
  const asked = world.models.get(name) ?? world.links.find((l) => l.name === name);
  if (asked && !asked.link) show(asked);
  return refresh;
}

// choose returns what the filter shows. A module whose name has the text is shown whole; otherwise the models and links whose
// names have it are shown, with their modules.
function choose(world, text, readOnly) {
  text = text.trim().toLowerCase();
  const has = (name) => name.toLowerCase().includes(text);
  const models = new Set(), modules = new Set();
  for (const module of world.modules.values()) {
    for (const m of module.models) if (text && has(m.name)) models.add(m);
    if (has(module.name) || module.models.some((m) => models.has(m))) modules.add(module.name);
  }
  const named = new Set(modules);
  const links = world.links.filter((l) => {
    if (l.readOnly && !readOnly) return false;
    if (!text) return true;
    return has(l.name) || has(l.left.module) || has(l.right.module) || [l.left, l.right].some((e) => models.has(world.models.get(e.model)));
  });
  for (const l of links) named.add(l.left.module).add(l.right.module);
  return { text, models, modules: named, links };
}

async function run() {
  takeToken();
  const server = new Server();
  const form = new KeyForm({ form: byId('key-form'), input: byId('key'), says: byId('key-says'), title: byId('title') }, server);
  await server.renew();
  server.refused = () => { byId('summary').textContent = 'Waiting for a key'; };
  const refresh = start(await form.retry(() => load(server)));
  let asking = false;
  server.refused = async () => {
    if (asking) return;
    asking = true;
    try {
      await form.retry(() => server.ask('{ __typename }'));
      refresh();
    } catch (e) {
      byId('status').textContent = e.message;
    } finally {
      asking = false;
    }
  };
}

run().catch((e) => {
  byId('summary').textContent = `The map cannot be shown: ${e.message}`;
});
