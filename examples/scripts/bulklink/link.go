package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/Khan/genqlient/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/linkgraph/linkgraph/examples/scripts/bulklink/api"
)

// linker resolves rows and links them.
type linker struct {
	client graphql.Client
	out    io.Writer
	batch  int

	outcomes map[api.CreateLinkOutcome]int
}

// page is the maximum page size of the API, and so the number of names that one query looks up.
const page = 100

// resolve looks up the ids of all rows. The error lists each row whose name matches no record or several.
func (l *linker) resolve(ctx context.Context, rows []*row) error {
	products, err := l.products(ctx, distinct(rows, func(r *row) string { return r.handle }))
	if err != nil {
		return err
	}
	channels, err := l.channels(ctx, distinct(rows, func(r *row) string { return r.channel }))
	if err != nil {
		return err
	}
	var faults []error
	for _, r := range rows {
		var err error
		if r.productID, err = one("product with handle", r.handle, products); err != nil {
			faults = append(faults, fmt.Errorf("line %d: %w", r.line, err))
		}
		if r.channelID, err = one("sales channel called", r.channel, channels); err != nil {
			faults = append(faults, fmt.Errorf("line %d: %w", r.line, err))
		}
	}
	return errors.Join(faults...)
}

func distinct(rows []*row, name func(*row) string) []string {
	names := make([]string, len(rows))
	for i, r := range rows {
		names[i] = name(r)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func one(what, name string, ids map[string][]string) (string, error) {
	switch found := ids[name]; len(found) {
	case 0:
		return "", fmt.Errorf("there is no %s %q", what, name)
	case 1:
		return found[0], nil
	default:
		return "", fmt.Errorf("there is more than one %s %q: %s", what, name, strings.Join(found, ", "))
	}
}

// products returns the ids of the products with the given handles.
func (l *linker) products(ctx context.Context, handles []string) (map[string][]string, error) {
	ids := map[string][]string{}
	for some := range slices.Chunk(handles, page) {
		for after, more := "", true; more; {
			answer, err := api.ProductIDs(ctx, l.client, some, after)
			if err != nil {
				return nil, fmt.Errorf("look up products: %w", explain(err))
			}
			for _, p := range answer.Products.Nodes {
				ids[p.Handle] = append(ids[p.Handle], p.Id)
			}
			after, more = answer.Products.PageInfo.EndCursor, answer.Products.PageInfo.HasNextPage
		}
	}
	return ids, nil
}

// channels returns the ids of the sales channels with the given names.
func (l *linker) channels(ctx context.Context, names []string) (map[string][]string, error) {
	ids := map[string][]string{}
	for some := range slices.Chunk(names, page) {
		for after, more := "", true; more; {
			answer, err := api.ChannelIDs(ctx, l.client, some, after)
			if err != nil {
				return nil, fmt.Errorf("look up sales channels: %w", explain(err))
			}
			for _, c := range answer.SalesChannels.Nodes {
				ids[c.Name] = append(ids[c.Name], c.Id)
			}
			after, more = answer.SalesChannels.PageInfo.EndCursor, answer.SalesChannels.PageInfo.HasNextPage
		}
	}
	return ids, nil
}

// link creates the links in batches and prints the outcome of each row. It stops at the first batch that fails.
func (l *linker) link(ctx context.Context, rows []*row) error {
	l.outcomes = map[api.CreateLinkOutcome]int{}
	for some := range slices.Chunk(rows, l.batch) {
		links := make([]*api.LinkInput, len(some))
		for i, r := range some {
			links[i] = &api.LinkInput{
				Link: api.LinkNameProductSalesChannel,
				Ends: &api.LinkEndsInput{Left: r.productID, Right: r.channelID},
			}
		}
		answer, err := api.CreateLinks(ctx, l.client, links)
		if err != nil {
			return atLine(explain(err), some)
		}
		for i, result := range answer.CreateLinks.Results {
			l.outcomes[result.Outcome]++
			fmt.Fprintf(l.out, "%d\t%s\t%s\t%s\n", some[i].line, some[i].handle, some[i].channel, result.Outcome)
		}
	}
	return nil
}

// summary returns the number of rows per outcome.
func (l *linker) summary(rows int) string {
	done := 0
	var counts []string
	for _, outcome := range slices.Sorted(maps.Keys(l.outcomes)) {
		done += l.outcomes[outcome]
		counts = append(counts, fmt.Sprintf("%d %s", l.outcomes[outcome], outcome))
	}
	return fmt.Sprintf(
		"%d of %d rows are linked: %s",
		done,
		rows,
		cmp.Or(strings.Join(counts, ", "), "nothing was done"),
	)
}

// atLine adds to err the line of the row that it is about, or else the lines of the batch.
func atLine(err error, batch []*row) error {
	var list gqlerror.List
	if errors.As(err, &list) && len(list) > 0 {
		if index, ok := list[0].Extensions["index"].(float64); ok && int(index) < len(batch) {
			return fmt.Errorf("line %d: %w; its batch is not linked", batch[int(index)].line, err)
		}
	}
	return fmt.Errorf("lines %d to %d: %w", batch[0].line, batch[len(batch)-1].line, err)
}

// explain returns an error with the API's own message. The client's message quotes the whole answer.
func explain(err error) error {
	var answer *graphql.HTTPError
	if errors.As(err, &answer) && len(answer.Response.Errors) > 0 {
		message := answer.Response.Errors[0].Message
		if answer.StatusCode == http.StatusUnauthorized {
			return fmt.Errorf("LINKGRAPH_KEY: %s", message)
		}
		return fmt.Errorf("status %d: %s", answer.StatusCode, message)
	}
	return err
}
