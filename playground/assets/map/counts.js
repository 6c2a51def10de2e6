// Counts the rows of links. A count can be slow on large tables, so only links on the screen are counted, a few in a request.
import { Refused } from './server.js';

const atOnce = 2; // requests
const batchSize = 8; // links in a request
const patience = 15_000; // ms

export class Counts {
  #world; #changed; #known = new Map(); #queue = []; #running = 0; #stop = new AbortController(); #timer; #seen;

  // changed(done) is called after each batch; done is true after the last one.
  constructor(world, changed) {
    this.#world = world;
    this.#changed = changed;
    this.#seen = new IntersectionObserver((entries) => {
      for (const e of entries) {
        if (e.isIntersecting) this.#want((e.target.dataset.links ?? '').split(' '));
      }
    }, { rootMargin: '80px' });
  }

  // watch counts the links in an element's data-links once the element scrolls into view.
  watch(element) { this.#seen.observe(element); }

  // of returns { n }, { error }, or undefined before the count is known.
  of(link) { return this.#known.get(link.name); }

  // sum returns the total of the stored links: null if there are none, undefined until all are counted.
  sum(links) {
    const stored = links.filter((l) => !l.readOnly).map((l) => this.of(l));
    if (!stored.length) return null;
    if (stored.every((c) => c?.n !== undefined)) return { n: stored.reduce((sum, c) => sum + c.n, 0) };
    return stored.find((c) => c?.error) ?? undefined;
  }

  // refresh counts again what is on the screen. Other counts are repeated once they scroll into view.
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
      if (links.length > 1 && !(e instanceof Refused)) { // one failing count must not hide the others
        for (const l of links) await this.#request([l], stop);
        return;
      }
      const error = e.name === 'TimeoutError' ? `no answer in ${patience / 1000} seconds` : e.message;
      for (const l of links) this.#known.set(l.name, { error });
    }
  }
}
