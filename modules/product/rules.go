// Package product has the rules of the product module, which maintain the paths of categories.
package product

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// Rules returns the rules by model.
func Rules() map[string]recordstore.Rule {
	return map[string]recordstore.Rule{"ProductCategory": {Create: setPaths, Update: moveBranches}}
}

// setPaths sets the path of new categories: the ids from the root down, joined by dots. A parent may be created in
// the same call, before its children.
func setPaths(ctx context.Context, tx pgx.Tx, records []recordstore.Values) error {
	paths := map[string]string{}
	for i, r := range records {
		id, _ := r["id"].(string)
		parent, _ := r["parent_category_id"].(string)
		path := id
		if parent != "" {
			above, ok := paths[parent]
			if !ok {
				var err error
				if above, err = pathOf(ctx, tx, parent); err != nil {
					return &recordstore.ItemError{Index: i, Err: err}
				}
			}
			path = above + "." + id
		}
		paths[id] = path
		r["mpath"] = path
	}
	return nil
}

// pathOf returns the path of a category. It relies on the primary key.
func pathOf(ctx context.Context, tx pgx.Tx, id string) (string, error) {
	rows, err := tx.Query(ctx, `SELECT mpath FROM product_category WHERE id = $1 AND deleted_at IS NULL FOR SHARE`, id)
	if err != nil {
		return "", err
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return "", err
	}
	if len(found) == 0 {
		return "", &recordstore.RecordError{Module: "product", Model: "ProductCategory", ID: id}
	}
	return found[0], nil
}

// moveBranches updates the paths below categories whose parent changes.
func moveBranches(ctx context.Context, tx pgx.Tx, records []recordstore.Values) error {
	for i, r := range records {
		v, changes := r["parent_category_id"]
		if !changes {
			continue
		}
		id, _ := r["id"].(string)
		parent, _ := v.(string)
		path := id
		if parent != "" {
			above, err := pathOf(ctx, tx, parent)
			if err != nil {
				return &recordstore.ItemError{Index: i, Err: err}
			}
			if within(above, id) {
				return &recordstore.ItemError{Index: i, Err: &recordstore.InvalidError{
					Field:  "parentCategoryId",
					Value:  parent,
					Reason: fmt.Sprintf("category %q is below %q", parent, id),
				}}
			}
			path = above + "." + id
		}
		// Relies on the index of mpath. A category is below another if its path begins with the other's.
		if _, err := tx.Exec(ctx, `
			UPDATE product_category AS c
			SET mpath = $2 || substr(c.mpath, length(old.mpath) + 1), updated_at = now()
			FROM (SELECT mpath FROM product_category WHERE id = $1) AS old
			WHERE (c.id = $1 OR starts_with(c.mpath, old.mpath || '.')) AND old.mpath <> $2`, id, path); err != nil {
			return err
		}
	}
	return nil
}

// within reports whether a path contains a category.
func within(path, id string) bool { return slices.Contains(strings.Split(path, "."), id) }
