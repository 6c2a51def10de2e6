package linkstore_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/linkstore"
	"github.com/linkgraph/linkgraph/linkstore/linktest"
)

// examined returns the report of a store, and its findings as "kind link count left right" with the first example.
func examined(t *testing.T, s *linkstore.Store) (linkstore.Report, []string) {
	t.Helper()
	report, err := s.Examine(t.Context(), linkstore.ExamineOptions{})
	if err != nil {
		t.Fatal(err)
	}
	lines := []string{}
	for _, f := range report.Findings {
		line := fmt.Sprintf("%s %s %d", f.Kind, f.Link, f.Count)
		if len(f.Examples) > 0 {
			line += fmt.Sprintf(" %q %q", f.Examples[0].Left, f.Examples[0].Right)
		}
		lines = append(lines, line)
	}
	return report, lines
}

// TestDamageOfKeysOfEveryKind plants damage in links between numbers, uuids, composite keys and numbers that are stored as text.
func TestDamageOfKeysOfEveryKind(t *testing.T) {
	t.Parallel()
	pool := newDB(t).Pool
	s := newSubject(t, pool)
	seedKeys(t, s)
	const contract, bin = "00000000-0000-0000-0000-00000000000a", "%3A%25:-3"
	if _, err := s.Create(t.Context(), []linkstore.Item{
		{Link: linktest.Signed, Left: "9", Right: contract},
		{Link: linktest.Rented, Left: contract, Right: bin},
		{Link: linktest.Visited, Left: "9", Right: "-1"},
	}, linkstore.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, found := examined(t, s.Store); len(found) > 0 {
		t.Errorf("found without damage: %v", found)
	}
	run(t, pool, `
		INSERT INTO channel_customer (channel_id, customer_id, id) VALUES ('c1', '007', '1'), ('c1', 'ten', '2'), ('c1', '2147483648', '3'), ('c1', '12', '4');
		INSERT INTO item_bin (item_id, aisle, bin, id) VALUES ('i1', '', 1, '5'), ('i1', 'A', 3, '6');
		INSERT INTO customer_region (customer_id, region_number, id) VALUES (10, 5, '7');
		DROP INDEX linkgraph_bin_neighbour_one_right;
		INSERT INTO bin_neighbour (bin_aisle, bin_number, neighbour_aisle, neighbour_number, id, created_at) VALUES ('A', 1, 'A', 1, '8', '2001-01-01');
		UPDATE shelf SET bin_aisle = ':%', bin_number = -3 WHERE id = -3;
		UPDATE customer SET deleted_at = now() WHERE id = 9`)
	_, found := examined(t, s.Store)
	want := []string{
		`missed_cascade customer_contract 1 "9" "` + contract + `"`,
		`key_form item_bin 1 "i1" ":1"`,
		`end_gone item_bin 1 "i1" "A:3"`,
		`key_form channel_customer 3 "c1" "007"`,
		`end_gone channel_customer 1 "c1" "12"`,
		`end_deleted channel_customer 1 "c1" "9"`,
		`end_gone customer_region 1 "10" "5"`,
		`end_deleted customer_region 1 "9" "-1"`,
		`missing_index bin_neighbour 1`,
		`too_many_links bin_neighbour 1 "A:1" ""`,
	}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	before, err := s.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// A caller's transaction sees its own writes.
	err = pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
		inTx := s.WithTx(tx)
		report, _ := examined(t, inTx)
		if _, err := inTx.Repair(t.Context(), report); err != nil {
			return err
		}
		if _, found := examined(t, inTx); !slices.Equal(found, []string{"missing_index bin_neighbour 1"}) {
			t.Errorf("left in the transaction: %v", found)
		}
		return pgx.ErrTxCommitRollback
	})
	if !errors.Is(err, pgx.ErrTxCommitRollback) {
		t.Fatal(err)
	}
	report, _ := examined(t, s.Store)
	receipt, err := s.Repair(t.Context(), report)
	if err != nil {
		t.Fatal(err)
	}
	records := []linkstore.Records{
		{Module: "stock", Model: "Bin", Key: "bin_id", IDs: []string{bin}},
		{Module: "stock", Model: "Shelf", Key: "shelf_id", IDs: []string{"-3"}},
		{Module: "crm", Model: "Contract", Key: "contract_id", IDs: []string{contract}},
	}
	if diff := cmp.Diff(
		records,
		receipt.Records,
		cmp.Transformer("sorted", func(r []linkstore.Records) map[string]string {
			m := map[string]string{}
			for _, of := range r {
				m[of.Model] = fmt.Sprint(of.IDs)
			}
			return m
		}),
	); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	if report, found := examined(
		t,
		s.Store,
	); !slices.Equal(found, []string{"missing_index bin_neighbour 1"}) ||
		!report.Damaged() {
		t.Errorf("left: %v", found)
	}
	if again, err := s.Repair(t.Context(), linkstore.Report{}); err != nil || again.DeletionID != "" {
		t.Errorf("a repair of nothing: %+v %v", again, err)
	}
	if _, err := s.RestoreDeletion(t.Context(), receipt.DeletionID); err != nil {
		t.Fatal(err)
	}
	after, err := s.State(t.Context())
	if diff := cmp.Diff(before, after); err != nil || diff != "" {
		t.Errorf("%v, after the undo (-before +after):\n%s", err, diff)
	}
	if _, found := examined(t, s.Store); !slices.Equal(found, want) {
		t.Errorf("after the undo: %v", found)
	}
}

// TestUndoOfARepairIsRefusedByAnIndex creates the missing index between a repair and its undo, which then changes nothing.
func TestUndoOfARepairIsRefusedByAnIndex(t *testing.T) {
	t.Parallel()
	pool := foreignDB(t, "timestamptz(0)")
	d := productChannel()
	d.Right.IsList = false
	s := oneLink(t, pool, d)
	if _, err := s.Sync(t.Context(), linkstore.Safe); err != nil { // the index is left out
		t.Fatal(err)
	}
	report, found := examined(t, s)
	want := []string{`missing_index product_channel 1`, `too_many_links product_channel 1 "p1" ""`}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Fatal(diff)
	}
	receipt, err := s.Repair(t.Context(), report)
	if err != nil || len(receipt.Links) != 1 {
		t.Fatal(receipt, err)
	}
	if _, err := s.Sync(t.Context(), linkstore.Safe); err != nil {
		t.Fatal(err)
	}
	if _, found := examined(t, s); len(found) > 0 {
		t.Errorf("left: %v", found)
	}
	if _, err := s.RestoreDeletion(t.Context(), receipt.DeletionID); !errors.Is(err, linkstore.ErrConflict) {
		t.Errorf("undo: %v", err)
	}
	if _, found := examined(t, s); len(found) > 0 {
		t.Errorf("after the undo: %v", found)
	}
	// Without the index the same undo works, with times in whole seconds too.
	run(t, pool, `DROP INDEX linkgraph_product_channel_one_right`)
	if back, err := s.RestoreDeletion(t.Context(), receipt.DeletionID); err != nil || len(back.Links) != 1 {
		t.Errorf("undo: %+v %v", back, err)
	}
}

// TestUndoOfARepairKeepsLaterLinks creates a dismissed link again before the undo, which leaves it alone.
func TestUndoOfARepairKeepsLaterLinks(t *testing.T) {
	t.Parallel()
	pool := foreignDB(t, "timestamptz")
	s := oneLink(t, pool, productChannel())
	if _, err := s.Sync(t.Context(), linkstore.Safe); err != nil {
		t.Fatal(err)
	}
	run(t, pool, `UPDATE channel SET deleted_at = now()`)
	report, _ := examined(t, s)
	receipt, err := s.Repair(t.Context(), report)
	if err != nil || len(receipt.Links) != 2 {
		t.Fatal(receipt, err)
	}
	run(t, pool, `UPDATE channel SET deleted_at = NULL`)
	made, err := s.Create(
		t.Context(),
		[]linkstore.Item{{Link: "product_channel", Left: "p1", Right: "c1"}},
		linkstore.CreateOptions{},
	)
	if err != nil {
		t.Fatal(err)
	}
	back, err := s.RestoreDeletion(t.Context(), receipt.DeletionID)
	if err != nil || len(back.Links) != 1 || back.Links[0].Right != "c2" {
		t.Errorf("undo: %+v %v", back, err)
	}
	var at string
	if err := pool.QueryRow(t.Context(), `SELECT (updated_at = $1)::text FROM product_channel WHERE channel_id = 'c1'`, made[0].Link.UpdatedAt).
		Scan(&at); err != nil ||
		at != "true" {
		t.Errorf("the later link was changed: %v", err)
	}
}

// TestRepairWaitsForWriters repairs while another transaction restores the record, which ends the damage.
func TestRepairWaitsForWriters(t *testing.T) {
	t.Parallel()
	pool := foreignDB(t, "timestamptz")
	s := oneLink(t, pool, productChannel())
	if _, err := s.Sync(t.Context(), linkstore.Safe); err != nil {
		t.Fatal(err)
	}
	run(t, pool, `UPDATE channel SET deleted_at = now() WHERE id = 'c1'`)
	report, found := examined(t, s)
	if !slices.Equal(found, []string{`end_deleted product_channel 1 "p1" "c1"`}) {
		t.Fatal(found)
	}
	tx, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `UPDATE channel SET deleted_at = NULL`); err != nil {
		t.Fatal(err)
	}
	repaired := make(chan error)
	var receipt linkstore.Receipt
	go func() {
		var err error
		receipt, err = s.Repair(t.Context(), report)
		repaired <- err
	}()
	for waits := false; !waits; {
		const waiting = `SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'channel'::regclass)`
		if err := pool.QueryRow(t.Context(), waiting).Scan(&waits); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-repaired; err != nil || receipt.DeletionID != "" || len(receipt.Links) > 0 {
		t.Errorf("%+v %v", receipt, err)
	}
	var deletions int
	if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM linkgraph.deletion`).
		Scan(&deletions); err != nil ||
		deletions != 0 {
		t.Errorf("%d deletions: %v", deletions, err)
	}
}

// TestExamineTakesAConstantNumberOfStatements examines more links of healthy tables, and more damage of one kind.
func TestExamineTakesAConstantNumberOfStatements(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	s := newSubject(t, db.Pool)
	statements := func() int {
		db.ResetStatements()
		examined(t, s.Store)
		return len(db.Statements())
	}
	empty := statements()
	seedKeys(t, s)
	if n := statements(); n != empty {
		t.Errorf("%d statements without links, %d with some", empty, n)
	}
	const more = `INSERT INTO item_bin (item_id, aisle, bin, id) SELECT 'i1', 'Z', n, n FROM generate_series(%d, %d) AS n`
	run(t, db.Pool, fmt.Sprintf(more, 1, 1))
	one := statements()
	run(t, db.Pool, fmt.Sprintf(more, 2, 900))
	if n := statements(); n != one {
		t.Errorf("%d statements with a damaged link, %d with many", one, n)
	}
}

// TestExamineNamesTablesThatCannotHoldTheirLink changes the type of a column, and asks for a link that is not declared.
func TestExamineNamesTablesThatCannotHoldTheirLink(t *testing.T) {
	t.Parallel()
	pool := newDB(t).Pool
	s := newSubject(t, pool)
	run(t, pool, `ALTER TABLE customer_region ALTER COLUMN region_number TYPE text`)
	if report, found := examined(
		t,
		s.Store,
	); !slices.Equal(found, []string{"wrong_table customer_region 1"}) ||
		!report.Damaged() {
		t.Errorf("found %v", found)
	}
	_, err := s.Examine(t.Context(), linkstore.ExamineOptions{Link: "none"})
	var undefined *linkstore.UndefinedError
	if !errors.As(err, &undefined) {
		t.Errorf("an unknown link: %v", err)
	}
}
