// The data of the map: models from the server's map.json, links from the API, and ready queries for both.

// load fetches the data and connects models, modules and links.
export async function load(server) {
  const end = '{ module model key field isList deleteCascade }';
  const data = await server.ask(`query Map {
    linkModules { name table readOnly left ${end} right ${end} extraColumns { name type default } }
    __schema { queryType { fields { name type { ofType { name } } } } }
  }`);
  return connect(server, await server.models(), data);
}

function connect(server, all, data) {
  const models = new Map(all.map((m) => [m.name, { ...m, links: [] }]));
  for (const { name, type } of data.__schema.queryType.fields) {
    const m = models.get(type.ofType?.name?.replace(/Connection$/, ''));
    if (m && type.ofType.name.endsWith('Connection')) m.list ??= name;
  }
  const modules = new Map();
  const rows = new Map(); // models of link rows, by the link's name
  for (const m of models.values()) {
    if (m.link) {
      rows.set(m.link, m);
      continue;
    }
    if (!modules.has(m.module)) modules.set(m.module, { name: m.module, models: [], links: [] });
    modules.get(m.module).models.push(m);
  }
  const links = data.linkModules.map((l) => ({ ...l, row: rows.get(l.name) }));
  for (const l of links) {
    for (const end of new Set([l.left.model, l.right.model])) models.get(end)?.links.push(l);
    for (const module of new Set([l.left.module, l.right.module])) modules.get(module)?.links.push(l);
  }
  return { server, models, modules: new Map([...modules].sort(([a], [b]) => (a < b ? -1 : 1))), links };
}

export const cardinality = (l) => `${l.left.isList ? 'many' : 'one'} to ${l.right.isList ? 'many' : 'one'}`;

// cascades returns a sentence for each end that is deleted with the other.
export const cascades = (l) => [[l.left, l.right], [l.right, l.left]]
  .filter(([gone]) => gone.deleteCascade)
  .map(([gone, other]) => `Deleting ${/^[AEIO]/.test(other.model) ? 'an' : 'a'} ${other.model} deletes its ${gone.model}.`);

// storedIn returns where a link is stored: its table, or for a read-only link the columns of the left model.
export function storedIn(world, l) {
  if (!l.readOnly) return `table ${l.table}`;
  const left = world.models.get(l.left.model);
  const columns = left?.relations.find((r) => r.field === l.left.field)?.columns ?? [];
  return columns.length ? `column ${columns.join(', ')} of ${left.table}` : 'a column of the left model';
}

// ---- ready queries

// Fields that identify a record to a reader, the best first.
const telling = ['title', 'name', 'displayId', 'code', 'sku', 'email', 'handle', 'label', 'amount', 'quantity', 'locale', 'value', 'type'];
const dull = /^(metadata|createdAt|updatedAt|deletedAt)$|Id$/;

const label = (m) => telling.find((t) => m.columns.some((c) => c.field === t && !c.secret));
const brief = (m) => [...new Set([m.primary, label(m)])].filter(Boolean).join(' ');
const hop = (world, r) => {
  const target = world.models.get(r.target);
  return target && (r.many ? `${r.field}(first: 3) { nodes { ${brief(target)} } }` : `${r.field} { ${brief(target)} }`);
};
const listOf = (name, root, filter, lines) =>
  `query ${name} {\n  ${root}(first: 5${filter}) {\n    nodes {\n${lines.map((l) => `      ${l}`).join('\n')}\n    }\n  }\n}\n`;

// modelQuery returns a query for records of a model and what is linked to them.
export function modelQuery(world, m) {
  if (!m.list) return '';
  const fields = m.columns.filter((c) => !c.secret).map((c) => c.field);
  const own = fields.filter((f) => f !== m.primary && !dull.test(f) && m.columns.find((c) => c.field === f).type !== 'json');
  const lead = label(m);
  const scalars = [m.primary, ...(lead && lead !== m.primary ? [lead] : []), ...own.filter((f) => f !== lead)].slice(0, 6);
  const linked = new Set(m.links.flatMap((l) => [l.left, l.right]).filter((e) => e.model === m.name).map((e) => e.field));
  const relations = m.relations.filter((r) => linked.has(r.field)).slice(0, 4);
  relations.push(...m.relations.filter((r) => !linked.has(r.field) && !world.models.get(r.target)?.link).slice(0, Math.max(0, 3 - relations.length)));
  return listOf(m.name, m.list, '', [scalars.join(' '), ...relations.map((r) => hop(world, r)).filter(Boolean)]);
}

// linkQuery returns a query for the rows of a link or, if it has no table, for records that have linked ones.
export function linkQuery(world, l) {
  const name = l.name.replace(/(^|_)(.)/g, (_, _u, c) => c.toUpperCase());
  if (l.row?.list) {
    const keys = l.row.columns.map((c) => c.field).filter((f) => !/^(id|createdAt|updatedAt|deletedAt)$/.test(f));
    return listOf(name, l.row.list, '', [keys.join(' '), ...l.row.relations.map((r) => hop(world, r)).filter(Boolean)]);
  }
  for (const end of [l.left, l.right]) {
    const m = world.models.get(end.model);
    const r = m?.relations.find((one) => one.field === end.field);
    if (!m?.list || !r) continue;
    const filter = `, filter: { ${r.field}: ${r.many ? '{ some: {} }' : '{ isNull: false }'} }`;
    return listOf(name, m.list, filter, [brief(m), hop(world, r)]);
  }
  return '';
}
