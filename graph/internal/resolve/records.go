package resolve

import (
	"context"
	"fmt"

	"linkgraph/linkstore"
	"linkgraph/modules"
)

// Create answers a mutation that makes records. field is the payload's field that shows them.
func Create[T any](ctx context.Context, e *Engine, model, field string, _ []Input, wrap func(*Object) T) ([]T, error) {
	var created []modules.Created
	records, err := write(ctx, e, model, field, func(ctx context.Context, m *modules.Model, values []modules.Values) ([]string, error) {
		var err error
		created, err = e.records.CreateShown(ctx, m, values)
		keys := make([]string, len(created))
		for i, c := range created {
			keys[i] = c.Key
		}
		return keys, err
	})
	if err != nil {
		return nil, err
	}
	out := make([]T, len(records))
	for i, o := range records {
		o.show(created[i].Shown)
		out[i] = wrap(o)
	}
	return out, nil
}

// show puts what a rule shows once over what was read.
func (o *Object) show(values modules.Values) {
	for name, v := range values {
		if i, ok := o.record.Model.Column(name); ok {
			o.record.Values[i] = v
		}
	}
}

// Update answers a mutation that changes records.
func Update[T any](ctx context.Context, e *Engine, model, field string, _ []Input, wrap func(*Object) T) ([]T, error) {
	records, err := write(ctx, e, model, field, e.records.Update)
	if err != nil {
		return nil, err
	}
	out := make([]T, len(records))
	for i, o := range records {
		out[i] = wrap(o)
	}
	return out, nil
}

// write runs a write and reads back what the payload shows of the records.
func write(
	ctx context.Context, e *Engine, model, field string,
	run func(context.Context, *modules.Model, []modules.Values) ([]string, error),
) ([]*Object, error) {
	m, err := e.model(model)
	if err != nil {
		return nil, err
	}
	input := listOf(rootArguments(ctx)["input"])
	values := make([]modules.Values, len(input))
	for i, v := range input {
		values[i] = objectOf(v)
	}
	sets := selectionsAt(ctx, field)
	again, err := e.affordable(ctx, m, len(values), field, sets)
	if err != nil {
		return nil, err
	}
	keys, err := run(ctx, m, values)
	if err != nil {
		return nil, err
	}
	again()
	objects, err := e.fetch(ctx, m, keys, false, field, sets...)
	if err != nil {
		return nil, err
	}
	for i, o := range objects {
		if o == nil {
			return nil, fmt.Errorf("%w: %s %q was deleted while it was being written", modules.ErrNotFound, m.Name, keys[i])
		}
	}
	return objects, nil
}

// Delete answers a mutation that deletes records, what hangs on them and their links.
func (e *Engine) Delete(ctx context.Context, model string, keys []string) (*CascadePayload, error) {
	return e.cascadeRecords(ctx, model, keys, e.records.Delete)
}

// Restore answers a mutation that brings records back, and what went with them.
func (e *Engine) Restore(ctx context.Context, model string, keys []string) (*CascadePayload, error) {
	return e.cascadeRecords(ctx, model, keys, e.records.Restore)
}

func (e *Engine) cascadeRecords(
	ctx context.Context, model string, keys []string,
	run func(context.Context, *modules.Model, []string) (modules.Receipt, error),
) (*CascadePayload, error) {
	m, err := e.model(model)
	if err != nil {
		return nil, err
	}
	receipt, err := run(ctx, m, keys)
	if err != nil {
		return nil, err
	}
	links, _ := receipt.Links.([]linkstore.Link)
	return e.cascadePayload(ctx, receipt.DeletionID, links, receipt.Records)
}

func (e *Engine) cascadePayload(ctx context.Context, deletionID string, links []linkstore.Link, records []modules.RecordIDs) (*CascadePayload, error) {
	payload := &CascadePayload{Records: make([]*RecordIDs, len(records))}
	if deletionID != "" {
		payload.DeletionID = &deletionID
	}
	for i, r := range records {
		payload.Records[i] = &RecordIDs{r.Module, r.Model, r.IDs}
	}
	var err error
	payload.Links, err = e.showLinks(ctx, links, selectionsAt(ctx, "links")...)
	return payload, err
}
