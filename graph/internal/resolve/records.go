package resolve

import (
	"context"
	"fmt"

	"linkgraph/linkstore"
	"linkgraph/modules"
)

// Create answers a mutation that makes records. field is the payload's field that shows them.
func Create[T any](ctx context.Context, e *Engine, model, field string, _ []Input, wrap func(*Object) T) ([]T, error) {
	return write(ctx, e, model, field, e.records.Create, wrap)
}

// Update answers a mutation that changes records.
func Update[T any](ctx context.Context, e *Engine, model, field string, _ []Input, wrap func(*Object) T) ([]T, error) {
	return write(ctx, e, model, field, e.records.Update, wrap)
}

func write[T any](
	ctx context.Context, e *Engine, model, field string,
	run func(context.Context, *modules.Model, []modules.Values) ([]string, error), wrap func(*Object) T,
) ([]T, error) {
	m, err := e.model(model)
	if err != nil {
		return nil, err
	}
	input := listOf(rootArguments(ctx)["input"])
	values := make([]modules.Values, len(input))
	for i, v := range input {
		values[i] = objectOf(v)
	}
	keys, err := run(ctx, m, values)
	if err != nil {
		return nil, err
	}
	objects, err := e.fetch(ctx, m, keys, field, selectionsAt(ctx, field)...)
	if err != nil {
		return nil, err
	}
	records := make([]T, len(objects))
	for i, o := range objects {
		if o == nil {
			return nil, fmt.Errorf("%s %q was deleted while it was being written", m.Name, keys[i])
		}
		records[i] = wrap(o)
	}
	return records, nil
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
	payload := &CascadePayload{Records: make([]*RecordIds, len(records))}
	if deletionID != "" {
		payload.DeletionID = &deletionID
	}
	for i, r := range records {
		payload.Records[i] = &RecordIds{r.Module, r.Model, r.IDs}
	}
	var err error
	payload.Links, err = e.showLinks(ctx, links, selectionsAt(ctx, "links")...)
	return payload, err
}
