// Where boxes, lines and labels go. Nothing here knows the page: rectangles are { x, y, w, h }.

// random is a small generator with a fixed seed, so that a map looks the same each time.
function random() {
  let a = 20260101;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// slotsOf are the places of n boxes, in rows of columns and columns-1 in turn.
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

function nearness(p, a, b) {
  const dx = b.x - a.x, dy = b.y - a.y;
  const t = Math.max(0, Math.min(1, ((p.x - a.x) * dx + (p.y - a.y) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(p.x - a.x - t * dx, p.y - a.y - t * dy);
}

// arrange puts names into rows such that pairs are near each other, and their lines cross few lines and no boxes.
export function arrange(names, pairs, columns) {
  const slots = slotsOf(names.length, columns);
  const at = names.map((_, i) => i); // slot of each name
  const index = new Map(names.map((n, i) => [n, i]));
  const edges = pairs.filter(([a, b]) => a !== b).map(([a, b]) => [index.get(a), index.get(b)]);
  const cost = () => {
    let sum = 0;
    for (let i = 0; i < edges.length; i++) {
      const a = slots[at[edges[i][0]]], b = slots[at[edges[i][1]]];
      sum += Math.hypot(a.x - b.x, a.y - b.y) ** 1.5;
      for (let j = 0; j < i; j++) {
        if (crosses(a, b, slots[at[edges[j][0]]], slots[at[edges[j][1]]])) sum += 1;
      }
      for (const s of slots) {
        if (s !== a && s !== b && nearness(s, a, b) < 0.3) sum += 2.5;
      }
    }
    return sum;
  };
  const next = random();
  const work = edges.length * (edges.length / 2 + slots.length) || 1;
  const steps = Math.min(9000, Math.round(1.2e7 / work));
  let now = cost(), best = now, kept = [...at];
  for (let step = 0; step < steps; step++) {
    const i = Math.floor(next() * at.length), j = Math.floor(next() * at.length);
    if (i === j) continue;
    [at[i], at[j]] = [at[j], at[i]];
    const then = cost();
    const heat = 3 * (1 - step / steps) ** 2 + 0.01;
    if (then <= now || next() < Math.exp((now - then) / heat)) now = then;
    else [at[i], at[j]] = [at[j], at[i]];
    if (now < best) [best, kept] = [now, [...at]];
  }
  const rows = [];
  names.forEach((name, i) => (rows[slots[kept[i]].row] ??= []).push([slots[kept[i]].x, name]));
  return rows.map((row) => row.sort((a, b) => a[0] - b[0]).map(([, name]) => name));
}

// place gives boxes their coordinates: rows one below the other, each in the middle.
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

export function pointOn([a, b, c, d], t) {
  const u = 1 - t, f = [u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t];
  return { x: f[0] * a.x + f[1] * b.x + f[2] * c.x + f[3] * d.x, y: f[0] * a.y + f[1] * b.y + f[2] * c.y + f[3] * d.y };
}

// anchors are the points where lines may leave an end, with the direction away from it. An end is { box, item }: item is a row
// of an open box, which lines leave at the sides.
function anchors({ box, item }) {
  const r = box, y = item ? item.y + item.h / 2 : r.y + r.h / 2;
  const sides = [-1, 1].map((side) => ({ x: side < 0 ? r.x : r.x + r.w, y, nx: side, ny: 0 }));
  if (item) return sides.filter((p) => Math.abs(p.x - item.x - item.w / 2) < r.w * 0.6); // not through the other column
  const flat = [0.2, 0.4, 0.6, 0.8].flatMap((f) => [-1, 1].map((side) => ({ x: r.x + r.w * f, y: side < 0 ? r.y : r.y + r.h, nx: 0, ny: side })));
  return [...sides, ...flat].map((p) => ({ ...p, key: `${p.x} ${p.y}` }));
}

// curves are the ways from one end to the other.
function curves(a, b) {
  if (a.box === b.box) return loops(a, b);
  const all = [];
  for (const p of anchors(a)) {
    for (const q of anchors(b)) {
      const far = Math.hypot(q.x - p.x, q.y - p.y);
      for (const reach of [40, 75, 130].map((r) => Math.min(r, far * 0.45))) {
        all.push([p, { x: p.x + p.nx * reach, y: p.y + p.ny * reach }, { x: q.x + q.nx * reach, y: q.y + q.ny * reach }, q]);
      }
    }
  }
  return all;
}

// loops lead from a box back to itself.
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

// route chooses the line between two ends that crosses no boxes, is short and bends little, and leaves where few others do.
// used counts the lines at each anchor.
export function route(a, b, boxes, used) {
  let best, least = Infinity;
  for (const c of curves(a, b)) {
    let cost = 0, before = c[0], heading;
    for (const t of stops) {
      const p = pointOn(c, t);
      const angle = Math.atan2(p.y - before.y, p.x - before.x);
      if (heading !== undefined) cost += 24 * Math.abs(Math.atan2(Math.sin(angle - heading), Math.cos(angle - heading)));
      heading = angle;
      cost += Math.hypot(p.x - before.x, p.y - before.y);
      before = p;
      for (const r of boxes) {
        const own = r === a.box || r === b.box;
        if (within(p, r, own ? -2 : 10)) cost += own ? 250 : 160;
      }
    }
    for (const end of [c[0], c[3]]) cost += 40 * (used.get(end.key) ?? 0);
    if (cost < least) [least, best] = [cost, c];
  }
  for (const { key } of [best[0], best[3]]) if (key) used.set(key, (used.get(key) ?? 0) + 1);
  return best;
}

const spots = [0.5, 0.43, 0.57, 0.36, 0.64, 0.29, 0.71, 0.22, 0.78, 0.15, 0.85];

// settle finds a place on the line for a label of a size, free of boxes and other labels.
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
