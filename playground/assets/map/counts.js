// Counts the rows of links. Only what is on the screen is asked for, a few links a request, at most two requests at a time.
import { Refused } from './server.js';

const atOnce = 2;
const batchSize = 8;
const patience = 15_000;

export class Counts {
  #world; #changed; #known = new Map(); #queue = []; #running = 0; #stop = new AbortController(); #timer; #seen;

  // changed is told of each batch that has been answered, and whether it was the last one.
  constructor(world, changed) {
    this.#world = world;
    this.#changed = changed;
    this.#seen = new IntersectionObserver((entries) => {
      for (const e of entries) {
        if (e.isIntersecting) this.#want((e.target.dataset.links ?? '').split(' '));
      }
    }, { rootMargin: '80px' });
  }

  // watch has the links of an element, named in its data-links, counted when it comes into sight.
  watch(element) { this.#seen.observe(element); }

  // of returns { n }, { error } or undefined.
  of(link) { return this.#known.get(link.name); }

  // sum adds up what is known of the stored links.
  sum(links) {
    const stored = links.filter((l) => !l.readOnly).map((l) => this.of(l));
    if (!stored.length) return null;
    if (stored.every((c) => c?.n !== undefined)) return { n: stored.reduce((sum, c) => sum + c.n, 0) };
    return stored.find((c) => c?.error) ?? undefined;
  }

  // refresh asks again for what is on the screen.
  refresh(elements) {
    this.#stop.abort();
    this.#stop = new AbortController();
    this.#queue = [];
    this.#running = 0;
    for (const c of this.#known.values()) c.stale = true;
    for (const e of elements) {
      this.#seen.unobserve(e);
      this.#seen.observe(e);
    }
  }

  #want(names) {
    for (const name of names) {
      const link = this.#world.links.find((l) => l.name === name);
      const known = this.#known.get(name);
      if (!link?.row?.list || (known && !known.stale) || this.#queue.includes(link)) continue;
      this.#known.set(name, { n: known?.n, asked: true });
      this.#queue.push(link);
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#next(), 30);
  }

  #next() {
    while (this.#running < atOnce && this.#queue.length) {
      this.#running++;
      this.#count(this.#queue.splice(0, batchSize), this.#stop.signal);
    }
  }

  async #count(links, stop) {
    await this.#request(links, stop);
    if (stop.aborted) return;
    this.#running--;
    this.#next();
    this.#changed(this.#running === 0 && this.#queue.length === 0);
  }

  async #request(links, stop) {
    const fields = links.map((l, i) => `c${i}: ${l.row.list} { totalCount }`).join('\n');
    try {
      const data = await this.#world.server.ask(`query Counts {\n${fields}\n}`, AbortSignal.any([stop, AbortSignal.timeout(patience)]));
      links.forEach((l, i) => this.#known.set(l.name, { n: data[`c${i}`].totalCount }));
    } catch (e) {
      if (stop.aborted) return;
      if (links.length > 1 && !(e instanceof Refused)) { // one of them must not hide the others
        for (const l of links) await this.#request([l], stop);
        return;
      }
      const error = e.name === 'TimeoutError' ? `no answer in ${patience / 1000} seconds` : e.message;
      for (const l of links) this.#known.set(l.name, { error });
    }
  }
}
