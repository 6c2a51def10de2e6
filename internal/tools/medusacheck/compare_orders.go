package main

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// orders compares the contents of orders, returns, claims and exchanges in the order's current version.
func (c *comparer) orders(ctx context.Context) error {
	for _, entity := range []struct {
		name, model string
		selection   func() (string, error)
		compare     func(context.Context, record, record) error
	}{
		{"order", "Order", c.orderSelection, c.order},
		{"return", "Return", c.holderSelection(returnLists), c.holder("Return", returnLists)},
		{"order_claim", "OrderClaim", c.holderSelection(claimLists), c.holder("OrderClaim", claimLists)},
		{"order_exchange", "OrderExchange", c.holderSelection(exchangeLists), c.holder("OrderExchange", exchangeLists)},
	} {
		selection, err := entity.selection()
		if err != nil {
			return err
		}
		m, err := c.model(entity.model)
		if err != nil {
			return err
		}
		list, err := c.api.list(ctx, m, "", columnFields(m)+" "+selection)
		if err != nil {
			return fmt.Errorf("%s: %w", entity.name, err)
		}
		ours, theirs := byKey(list, keyField(m)), c.medusa.Orders[entity.name]
		l := c.report.line("current version", entity.model)
		l.medusa = entity.name
		if err := c.compareSets(ctx, l, m, ours, theirs); err != nil {
			return err
		}
		for _, key := range sortedKeys(theirs) {
			if ours[key] == nil {
				continue
			}
			if err := entity.compare(ctx, ours[key], theirs[key]); err != nil {
				return fmt.Errorf("%s %s: %w", entity.name, key, err)
			}
		}
	}
	return nil
}

func (c *comparer) model(name string) (*recordstore.Model, error) {
	m, ok := c.api.records.Model(name)
	if !ok {
		return nil, fmt.Errorf("there is no model %s", name)
	}
	return m, nil
}

// columns returns the selections of the models' columns.
func (c *comparer) columns(names ...string) (map[string]string, error) {
	all := map[string]string{}
	for _, name := range names {
		m, err := c.model(name)
		if err != nil {
			return nil, err
		}
		all[name] = columnFields(m)
	}
	return all, nil
}

// nodes returns a field that selects a whole list.
func nodes(field, filter, selection string) string {
	return fmt.Sprintf("%s(first: %d%s) { nodes { %s } pageInfo { hasNextPage } }", field, wholePage, filter, selection)
}

func (c *comparer) orderSelection() (string, error) {
	of, err := c.columns(
		"OrderItem",
		"OrderLineItem",
		"OrderLineItemTaxLine",
		"OrderLineItemAdjustment",
		"OrderCreditLine",
	)
	if err != nil {
		return "", err
	}
	shippings, err := c.shippingSelection("")
	if err != nil {
		return "", err
	}
	item := of["OrderItem"] + " " + nodes("adjustments", "", of["OrderLineItemAdjustment"]) +
		" item { " + of["OrderLineItem"] + " " + nodes("taxLines", "", of["OrderLineItemTaxLine"]) + " }"
	return strings.Join([]string{
		nodes(
			"items",
			"",
			item,
		),
		shippings,
		nodes("shippingMethods", "", "id"),
		nodes("creditLines", "", of["OrderCreditLine"]),
		"summary { totals }",
		nodes("itemVersions", "", "id"),
		nodes("shippingVersions", "", "id"),
	}, " "), nil
}

func (c *comparer) shippingSelection(filter string) (string, error) {
	of, err := c.columns(
		"OrderShipping",
		"OrderShippingMethod",
		"OrderShippingMethodTaxLine",
		"OrderShippingMethodAdjustment",
	)
	if err != nil {
		return "", err
	}
	method := of["OrderShippingMethod"] + " " + nodes("taxLines", "", of["OrderShippingMethodTaxLine"])
	return nodes(
		"shippings",
		filter,
		of["OrderShipping"]+" "+nodes(
			"adjustments",
			"",
			of["OrderShippingMethodAdjustment"],
		)+" shippingMethod { "+method+" }",
	), nil
}

// order compares one order.
func (c *comparer) order(ctx context.Context, ours, theirs record) error {
	if err := c.orderItems(ctx, ours, theirs); err != nil {
		return err
	}
	if err := c.shippings(ctx, "Order", ours["shippings"], theirs["shipping_methods"]); err != nil {
		return err
	}
	c.shippingMethods(ours, theirs)
	if err := c.children(
		ctx,
		"Order.creditLines",
		"credit_lines",
		"OrderCreditLine",
		nodesOf(ours["creditLines"]),
		listOf(theirs["credit_lines"]),
	); err != nil {
		return err
	}
	l := c.report.line("current version", "Order.summary")
	l.medusa = "summary"
	l.now.records++
	l.now.fields++
	summary, _ := ours["summary"].(record)
	if !equalJSON(summary["totals"], theirs["summary"]) {
		l.differ("%s: %v, Medusa's is %v", ours["id"], summary["totals"], theirs["summary"])
	}
	return c.versions(ctx, ours)
}

// orderItems compares the items of an order. Medusa returns a line item with some values replaced by those of the
// order's item.
func (c *comparer) orderItems(ctx context.Context, ours, theirs record) error {
	var details, lines, ourLines []record
	for _, shown := range listOf(theirs["items"]) {
		detail, _ := shown["detail"].(record)
		details, lines = append(details, detail), append(lines, lineItem(shown))
	}
	items := nodesOf(ours["items"])
	for _, item := range items {
		line, _ := item["item"].(record)
		ourLines = append(ourLines, line)
	}
	if err := c.children(ctx, "Order.items", "items.detail", "OrderItem", items, details); err != nil {
		return err
	}
	if err := c.children(ctx, "Order.items.item", "items", "OrderLineItem", ourLines, lines); err != nil {
		return err
	}
	shown := byKey(listOf(theirs["items"]), "id")
	for _, item := range items {
		line, _ := item["item"].(record)
		if err := c.orderItem(ctx, item, line, shown[text(line["id"])]); err != nil {
			return err
		}
	}
	return nil
}

// replaced are the columns of a line item that Medusa replaces by those of the order's item.
var replaced = []string{"unit_price", "compare_at_unit_price", "metadata"}

// lineItem returns the columns of an item of Medusa that are the line item's own.
func lineItem(shown record) record {
	line := maps.Clone(shown)
	for _, name := range replaced {
		delete(line, name)
	}
	if metadata, ok := line["line_item_metadata"]; ok {
		line["metadata"] = metadata
	}
	return line
}

// orderItem compares the replaced columns, and the records that belong to an item.
func (c *comparer) orderItem(ctx context.Context, item, line, shown record) error {
	l := c.report.line("current version", "Order.items, else .item")
	l.medusa = strings.Join(replaced, ", ")
	l.now.records++
	m, err := c.model("OrderItem")
	if err != nil {
		return err
	}
	for _, name := range replaced {
		i, _ := m.Column(name)
		col := m.Columns[i]
		ours := item[col.Field]
		if ours == nil {
			ours = line[col.Field]
		}
		l.now.fields++
		if !equal(col.Type, ours, shown[name], 0) {
			l.differ("%s: %s is %v, Medusa's is %v", item["id"], name, ours, shown[name])
		}
	}
	if err := c.children(ctx, "Order.items.adjustments", "items.adjustments", "OrderLineItemAdjustment",
		nodesOf(item["adjustments"]), listOf(shown["adjustments"])); err != nil {
		return err
	}
	return c.children(ctx, "Order.items.item.taxLines", "items.tax_lines", "OrderLineItemTaxLine",
		nodesOf(line["taxLines"]), listOf(shown["tax_lines"]))
}

// shippings compares the shipping methods of an order, a return, a claim or an exchange.
func (c *comparer) shippings(ctx context.Context, model string, ours, theirs any) error {
	var details, ourMethods []record
	shown := byKey(listOf(theirs), "id")
	for _, method := range listOf(theirs) {
		detail, _ := method["detail"].(record)
		details = append(details, detail)
	}
	rows := nodesOf(ours)
	for _, row := range rows {
		method, _ := row["shippingMethod"].(record)
		ourMethods = append(ourMethods, method)
		theirs := shown[text(method["id"])]
		if err := c.children(
			ctx,
			model+".shippings.adjustments",
			"shipping_methods.adjustments",
			"OrderShippingMethodAdjustment",
			nodesOf(row["adjustments"]),
			listOf(theirs["adjustments"]),
		); err != nil {
			return err
		}
		if err := c.children(
			ctx,
			model+".shippings.shippingMethod.taxLines",
			"shipping_methods.tax_lines",
			"OrderShippingMethodTaxLine",
			nodesOf(method["taxLines"]),
			listOf(theirs["tax_lines"]),
		); err != nil {
			return err
		}
	}
	if err := c.children(
		ctx,
		model+".shippings",
		"shipping_methods.detail",
		"OrderShipping",
		rows,
		details,
	); err != nil {
		return err
	}
	return c.children(
		ctx,
		model+".shippings.shippingMethod",
		"shipping_methods",
		"OrderShippingMethod",
		ourMethods,
		listOf(theirs),
	)
}

// shippingMethods compares the shortcut to the shipping methods.
func (c *comparer) shippingMethods(ours, theirs record) {
	l := c.report.line("current version", "Order.shippingMethods")
	l.medusa = "shipping_methods"
	l.now.records++
	id := text(ours["id"])
	compareIDs(l, "Medusa's", map[string][]string{id: sortedKeys(byKey(nodesOf(ours["shippingMethods"]), "id"))},
		map[string][]string{id: sortedKeys(byKey(listOf(theirs["shipping_methods"]), "id"))})
}

// versions compares the rows of all versions with the tables. An order with earlier versions has more rows than its
// current version.
func (c *comparer) versions(ctx context.Context, order record) error {
	for _, list := range []struct{ all, current, model string }{
		{"itemVersions", "items", "OrderItem"}, {"shippingVersions", "shippings", "OrderShipping"},
	} {
		m, err := c.model(list.model)
		if err != nil {
			return err
		}
		rows, err := c.table(ctx, m)
		if err != nil {
			return err
		}
		l := c.report.line("all versions", "Order."+list.all)
		l.note = "compared with the tables"
		l.now.records++
		stored := map[string]record{}
		for id, row := range rows {
			if row["order_id"] == order["id"] {
				stored[id] = row
			}
		}
		all := sortedKeys(byKey(nodesOf(order[list.all]), "id"))
		l.now.linked += len(all)
		id := text(order["id"])
		compareIDs(l, "the table", map[string][]string{id: all}, map[string][]string{id: sortedKeys(stored)})
		if current := nodesOf(order[list.current]); text(order["version"]) != "1" && len(all) <= len(current) {
			l.differ("%s: %d in all versions, %d in the current one", id, len(all), len(current))
		}
	}
	return nil
}

// heldList is a list of a return, a claim or an exchange.
type heldList struct{ alias, field, filter, model, medusas string }

var (
	returnLists = []heldList{{"items", "items", "", "ReturnItem", "items"}}
	claimLists  = []heldList{
		{"claimItems", "items", ", filter: { isAdditionalItem: { eq: false } }", "OrderClaimItem", "claim_items"},
		{
			"additionalItems",
			"items",
			", filter: { isAdditionalItem: { eq: true } }",
			"OrderClaimItem",
			"additional_items",
		},
	}
	exchangeLists = []heldList{{"additionalItems", "additionalItems", "", "OrderExchangeItem", "additional_items"}}
)

// holderSelection returns a selection of the lists of a return, a claim or an exchange.
func (c *comparer) holderSelection(lists []heldList) func() (string, error) {
	return func() (string, error) {
		parts := []string{"order { version }"}
		for _, list := range lists {
			of, err := c.columns(list.model)
			if err != nil {
				return "", err
			}
			parts = append(parts, nodes(list.alias+": "+list.field, list.filter, of[list.model]))
		}
		shippings, err := c.shippingSelection("")
		return strings.Join(append(parts, shippings), " "), err
	}
}

// holder compares the lists of a return, a claim or an exchange. Of the shipping methods, Medusa returns those of the
// order's current version.
func (c *comparer) holder(model string, lists []heldList) func(context.Context, record, record) error {
	return func(ctx context.Context, ours, theirs record) error {
		for _, list := range lists {
			if err := c.children(ctx, model+"."+list.alias, list.medusas, list.model,
				nodesOf(ours[list.alias]), listOf(theirs[list.medusas])); err != nil {
				return err
			}
		}
		order, _ := ours["order"].(record)
		var current []any
		for _, row := range nodesOf(ours["shippings"]) {
			if equalJSON(row["version"], order["version"]) {
				current = append(current, row)
			}
		}
		return c.shippings(ctx, model, record{"nodes": current}, theirs["shipping_methods"])
	}
}

// children compares records that are part of another.
func (c *comparer) children(ctx context.Context, field, medusas, model string, ours, theirs []record) error {
	m, err := c.model(model)
	if err != nil {
		return err
	}
	l := c.report.line("current version", field)
	l.medusa = medusas
	return c.compareSets(ctx, l, m, byKey(ours, keyField(m)), byKey(theirs, m.Columns[m.Primary()].Name))
}

// nodesOf returns the records of a page.
func nodesOf(page any) []record {
	p, _ := page.(record)
	return listOf(p["nodes"])
}

// listOf returns the records of a list.
func listOf(v any) []record {
	list, _ := v.([]any)
	all := make([]record, 0, len(list))
	for _, each := range list {
		if r, ok := each.(record); ok {
			all = append(all, r)
		}
	}
	return all
}
