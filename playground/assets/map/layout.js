// Geometry of the picture: where boxes, lines and labels are placed. Nothing here touches the page; rectangles are { x, y, w, h }.
// Why this is not a layout library: docs/decisions/0003-libraries.md.

// random returns a generator with a fixed seed, so that the map looks the same on each load.
function random() {
  let a = 7919;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// slotsOf returns places for n boxes, in rows of columns and columns-1 boxes in turn. Staggered rows leave gaps for lines.
function slotsOf(n, columns) {
  const slots = [];
  for (let row = 0; slots.length < n; row++) {
    const full = columns - (columns > 2 ? row % 2 : 0);
    const width = Math.min(full, n - slots.length);
    for (let i = 0; i < width; i++) slots.push({ row, x: i - (width - 1) / 2, y: row * 0.8 });
  }
  return slots;
}

const cross = (a, b, c) => (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
const crosses = (a, b, c, d) => cross(a, b, c) * cross(a, b, d) < 0 && cross(c, d, a) * cross(c, d, b) < 0;

// distance returns how far p is from the segment between a and b.
function distance(p, a, b) {
  const dx = b.x - a.x, dy = b.y - a.y;
  const t = Math.max(0, Math.min(1, ((p.x - a.x) * dx + (p.y - a.y) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(p.x - a.x - t * dx, p.y - a.y - t * dy);
}

// lineCosts returns, for each pair of slots, the cost of a line between them: its length, and the slots it runs across.
function lineCosts(slots) {
  return slots.map((a) => slots.map((b) => {
    const across = slots.filter((s) => s !== a && s !== b && distance(s, a, b) < 0.3).length;
    return Math.hypot(a.x - b.x, a.y - b.y) ** 1.5 + 2.5 * across;
  }));
}

// arrange returns the names in rows of at most columns: those that a pair links, and then the others, which would only push linked
// ones apart.
export function arrange(names, pairs, columns) {
  const linked = new Set(pairs.filter(([a, b]) => a !== b).flat());
  const rows = arrangeLinked(names.filter((n) => linked.has(n)), pairs, columns);
  const others = names.filter((n) => !linked.has(n));
  while (others.length) rows.push(others.splice(0, columns));
  return rows;
}

// arrangeLinked swaps boxes by simulated annealing until linked ones are close to each other, and few lines cross other lines or
// boxes.
function arrangeLinked(names, pairs, columns) {
  const slots = slotsOf(names.length, columns);
  const lines = lineCosts(slots);
  const at = names.map((_, i) => i); // slot of each name
  const index = new Map(names.map((n, i) => [n, i]));
  const edges = pairs.filter(([a, b]) => a !== b).map(([a, b]) => [index.get(a), index.get(b)]);
  const cost = () => {
    let sum = 0;
    for (let i = 0; i < edges.length; i++) {
      const a = at[edges[i][0]], b = at[edges[i][1]];
      sum += lines[a][b];
      for (let j = 0; j < i; j++) {
        if (crosses(slots[a], slots[b], slots[at[edges[j][0]]], slots[at[edges[j][1]]])) sum += 1;
      }
    }
    return sum;
  };
  const next = random();
  const work = edges.length * (edges.length / 2 + slots.length) || 1;
  const steps = Math.min(18_000, Math.round(2.4e7 / work)); // bounds the time for many modules
  let now = cost(), least = now, best = [...at];
  for (let step = 0; step < steps; step++) {
    const i = Math.floor(next() * at.length), j = Math.floor(next() * at.length);
    if (i === j) continue;
    [at[i], at[j]] = [at[j], at[i]];
    const then = cost();
    const heat = 3 * (1 - step / steps) ** 2 + 0.01;
    if (then <= now || next() < Math.exp((now - then) / heat)) now = then;
    else [at[i], at[j]] = [at[j], at[i]];
    if (now < least) [least, best] = [now, [...at]];
  }
  const rows = [];
  names.forEach((name, i) => (rows[slots[best[i]].row] ??= []).push([slots[best[i]].x, name]));
  return rows.map((row) => row.sort((a, b) => a[0] - b[0]).map(([, name]) => name));
}

// place returns the rectangle of each box, by name, and the size of the picture. Rows are stacked and centred.
export function place(rows, sizes, gap) {
  const widths = rows.map((row) => row.reduce((sum, n) => sum + sizes.get(n).w + gap.x, -gap.x));
  const width = Math.max(0, ...widths);
  const boxes = new Map();
  let y = gap.top;
  rows.forEach((row, i) => {
    let x = (width - widths[i]) / 2 + gap.side;
    for (const name of row) {
      boxes.set(name, { x, y, ...sizes.get(name) });
      x += sizes.get(name).w + gap.x;
    }
    y += Math.max(...row.map((n) => sizes.get(n).h)) + gap.y;
  });
  return { boxes, width: width + 2 * gap.side, height: rows.length ? y - gap.y + 28 : 0 };
}

// ---- lines

const within = (p, r, margin) => p.x > r.x - margin && p.x < r.x + r.w + margin && p.y > r.y - margin && p.y < r.y + r.h + margin;
const overlap = (a, b) =>
  Math.max(0, Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x)) * Math.max(0, Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y));

// pointOn returns the point of a cubic Bézier curve at t, from 0 to 1.
export function pointOn([a, b, c, d], t) {
  const u = 1 - t, f = [u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t];
  return { x: f[0] * a.x + f[1] * b.x + f[2] * c.x + f[3] * d.x, y: f[0] * a.y + f[1] * b.y + f[2] * c.y + f[3] * d.y };
}

// anchors returns the points where a line may leave an end, each with its outward direction. An end is { box, item }; item is the
// row of a model in an open box, and its lines leave at the sides.
function anchors({ box, item }) {
  const r = box, y = item ? item.y + item.h / 2 : r.y + r.h / 2;
  const sides = [-1, 1].map((side) => ({ x: side < 0 ? r.x : r.x + r.w, y, nx: side, ny: 0 }));
  if (item) return sides.filter((p) => Math.abs(p.x - item.x - item.w / 2) < r.w * 0.6); // not through the other column
  const flat = [0.2, 0.4, 0.6, 0.8].flatMap((f) => [-1, 1].map((side) => ({ x: r.x + r.w * f, y: side < 0 ? r.y : r.y + r.h, nx: 0, ny: side })));
  return [...sides, ...flat].map((p) => ({ ...p, key: `${p.x} ${p.y}` }));
}

// curves returns the candidates for the line between two ends, those with the closest anchors first.
function curves(a, b) {
  if (a.box === b.box) return loops(a, b);
  const all = [];
  for (const p of anchors(a)) {
    for (const q of anchors(b)) all.push({ p, q, far: Math.hypot(q.x - p.x, q.y - p.y) });
  }
  return all.sort((one, other) => one.far - other.far).flatMap(({ p, q, far }) =>
    [40, 75, 130].map((r) => Math.min(r, far * 0.45)).map((reach) =>
      [p, { x: p.x + p.nx * reach, y: p.y + p.ny * reach }, { x: q.x + q.nx * reach, y: q.y + q.ny * reach }, q]));
}

// loops returns the candidates for a line from a box back to itself.
function loops(a, b) {
  if (!a.item || !b.item) {
    const { x, y, w } = a.box;
    return [[{ x: x + w * 0.3, y }, { x: x + w * 0.3, y: y - 44 }, { x: x + w * 0.7, y: y - 44 }, { x: x + w * 0.7, y }]];
  }
  return [-1, 1].map((side) => {
    const x = side < 0 ? a.box.x : a.box.x + a.box.w, far = x + side * 70;
    const p = { x, y: a.item.y + a.item.h / 2 - 5 }, q = { x, y: b.item.y + b.item.h / 2 + 5 };
    return [p, { x: far, y: p.y - 8 }, { x: far, y: q.y + 8 }, q];
  });
}

const stops = Array.from({ length: 21 }, (_, i) => (i + 1) / 22);

// curveCost adds up length, bends, points inside of boxes, and other lines at the same anchors. It stops once the cost cannot
// stay below least.
function curveCost(curve, own, boxes, used, least) {
  let cost = 0, before = curve[0], dx = 0, dy = 0;
  for (const end of [curve[0], curve[3]]) cost += 40 * (used.get(end.key) ?? 0);
  const last = pointOn(curve, stops.at(-1));
  for (const t of stops) {
    if (cost + Math.hypot(last.x - before.x, last.y - before.y) >= least) return Infinity;
    const p = pointOn(curve, t);
    const x = p.x - before.x, y = p.y - before.y;
    if (t > stops[0]) cost += 24 * Math.abs(Math.atan2(dx * y - dy * x, dx * x + dy * y));
    cost += Math.hypot(x, y);
    [before, dx, dy] = [p, x, y];
    for (const r of boxes) {
      const isOwn = own.includes(r);
      if (within(p, r, isOwn ? -2 : 10)) cost += isOwn ? 250 : 160;
    }
  }
  return cost;
}

// route returns the curve between two ends that costs least. used counts the lines at each anchor.
export function route(a, b, boxes, used) {
  let best, least = Infinity;
  for (const curve of curves(a, b)) {
    const cost = curveCost(curve, [a.box, b.box], boxes, used, least);
    if (cost < least) [least, best] = [cost, curve];
  }
  for (const { key } of [best[0], best[3]]) if (key) used.set(key, (used.get(key) ?? 0) + 1);
  return best;
}

const spots = Array.from({ length: 57 }, (_, i) => 0.5 + (i % 2 ? -1 : 1) * Math.ceil(i / 2) / 80); // from the middle outwards

// settle returns a rectangle on the line for a label of a size: near the middle, and clear of boxes and other labels.
export function settle(curve, size, boxes, labels) {
  let best, least = Infinity;
  for (const t of spots) {
    const p = pointOn(curve, t);
    const r = { x: p.x - size.w / 2, y: p.y - size.h / 2, ...size };
    const air = { x: r.x - 4, y: r.y - 4, w: r.w + 8, h: r.h + 8 };
    let cost = Math.abs(t - 0.5) * 100;
    for (const box of boxes) cost += overlap(air, box) * 2;
    for (const l of labels) cost += overlap(air, l) * 2;
    if (cost < least) [least, best] = [cost, r];
  }
  return best;
}
