package resolve

import (
	"context"
	"time"

	"github.com/graph-gophers/dataloader/v7"

	"linkgraph/modules"
)

// loaderWait is how long a loader gathers keys. Look-ahead does without it.
const loaderWait = 2 * time.Millisecond

// hopKey asks for one hop of one object.
type hopKey struct {
	sel    *selection
	index  int
	object *Object
}

// loaders are the dataloaders of one request. Their batch function makes the same hops that look-ahead makes level by
// level, so linked ids and records have one source.
type loaders struct {
	engine *Engine
	hops   *dataloader.Loader[hopKey, any]
}

type loadersKey struct{}

// WithLoaders returns a context with fresh loaders, for one request.
func (e *Engine) WithLoaders(ctx context.Context) context.Context {
	l := &loaders{engine: e}
	l.hops = dataloader.NewBatchedLoader(l.batch, dataloader.WithWait[hopKey, any](loaderWait))
	return context.WithValue(ctx, loadersKey{}, l)
}

func loadersFrom(ctx context.Context) *loaders {
	l, _ := ctx.Value(loadersKey{}).(*loaders)
	return l
}

// batch makes the hops that were asked for: one statement for those of one position, all in one round trip.
func (l *loaders) batch(ctx context.Context, keys []hopKey) []*dataloader.Result[any] {
	groups := map[hopKey]*work{}
	at := map[hopKey][]int{} // where each group's answers go
	var order []hopKey
	for i, k := range keys {
		g := hopKey{sel: k.sel, index: k.index}
		if groups[g] == nil {
			groups[g] = &work{sel: k.sel}
			order = append(order, g)
		}
		groups[g].objects = append(groups[g].objects, k.object)
		at[g] = append(at[g], i)
	}
	hops := make([]*pendingHop, len(order))
	requests := make([]modules.Request, len(order))
	for i, g := range order {
		hops[i] = newPendingHop(*groups[g], g.index)
		requests[i] = hops[i].request
	}
	results := make([]*dataloader.Result[any], len(keys))
	err := l.engine.records.Read(ctx, requests...)
	for i, g := range order {
		var found []any
		if err == nil {
			found, _ = hops[i].results()
		}
		for j, k := range at[g] {
			results[k] = &dataloader.Result[any]{Error: err}
			if err == nil {
				results[k].Data = found[j]
			}
		}
	}
	return results
}
