package recordstore

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/internal/pgtest"
)

const versionTables = `
	CREATE TABLE micros (id text PRIMARY KEY, note text, updated_at timestamptz);
	CREATE TABLE millis (id text PRIMARY KEY, note text, updated_at timestamptz(3));
	CREATE TABLE bare (id text PRIMARY KEY, note text, updated_at timestamp);
	CREATE TABLE parted (a text, b integer, note text, updated_at timestamptz, PRIMARY KEY (a, b));
	CREATE TABLE unversioned (id text PRIMARY KEY, note text);
	CREATE TABLE taken (id text PRIMARY KEY, if_updated_at text, updated_at timestamptz);
	CREATE TABLE tag (id text PRIMARY KEY);
	CREATE TABLE micros_tag (micros_id text, tag_id text, PRIMARY KEY (micros_id, tag_id));
	CREATE TABLE micros_kept (id text PRIMARY KEY, micros_id text, tag_id text, created_at timestamptz DEFAULT now(),
		updated_at timestamptz DEFAULT now(), deleted_at timestamptz)`

// versionStore has models whose updated_at is kept in every way that there is.
func versionStore(t *testing.T) *Store {
	t.Helper()
	db := pgtest.NewFrom(t, "versions", func(ctx context.Context, pool *pgxpool.Pool) error {
		_, err := pool.Exec(ctx, versionTables)
		return err
	})
	id := Column{Name: "id", Field: "id", NotNull: true}
	note := Column{Name: "note", Field: "note"}
	at := Column{Name: "updated_at", Field: "updatedAt", Type: Time, ReadOnly: true}
	model := func(name string, columns ...Column) Model {
		return Model{Name: pascal(name), Module: "m", Table: name, PrimaryKey: "id", Columns: columns}
	}
	micros := model("micros", id, note, at)
	tags := Relation{Field: "tags", Target: "Tag", Many: true, Columns: []string{"id"}, TargetColumns: []string{"id"}}
	tags.Settable, tags.Through = "tagIds", &Through{
		Table: "micros_tag", Columns: []string{"micros_id"}, TargetColumns: []string{"tag_id"},
	}
	kept := tags
	kept.Field, kept.Settable, kept.Through = "kept", "keptIds", &Through{
		Table:         "micros_kept",
		Columns:       []string{"micros_id"},
		TargetColumns: []string{"tag_id"},
		SoftDelete:    true,
		IDPrefix:      "k",
	}
	micros.Relations = []Relation{tags, kept}
	parted := model(
		"parted",
		Column{Name: "id", Field: "id", NotNull: true, ReadOnly: true, Parts: []string{"a", "b"}},
		Column{
			Name:    "a",
			Field:   "a",
			NotNull: true,
		},
		Column{Name: "b", Field: "b", Type: Integer, NotNull: true},
		note,
		at,
	)
	catalog, err := NewCatalog([]Model{
		micros, model("millis", id, note, at), model("bare", id, note, at), parted, model("unversioned", id, note),
		model("taken", id, Column{Name: "if_updated_at", Field: "ifUpdatedAt"}, at), model("tag", id),
	})
	if err != nil {
		t.Fatal(err)
	}
	return New(db.Pool, catalog, Config{})
}

// version reads when a record was updated, as the API does.
func (s *Store) versionOf(t *testing.T, m *Model, key string) any {
	t.Helper()
	i, _ := m.Column("updated_at")
	fetch := &Fetch{Model: m, Keys: []string{key}, Columns: []int{i}}
	if err := s.Read(t.Context(), fetch); err != nil || fetch.Result[key] == nil {
		t.Fatalf("read %s %q: %v", m.Name, key, err)
	}
	return fetch.Result[key].Values[i]
}

// TestConditionsAtAnyPrecision has a time that was read match itself, as a time.Time and as the text that the API shows,
// and no other.
func TestConditionsAtAnyPrecision(t *testing.T) {
	t.Parallel()
	s := versionStore(t)
	for name, given := range map[string]Values{
		"Micros": {"id": "x"}, "Millis": {"id": "x"}, "Bare": {"id": "x"}, "Parted": {"a": "A", "b": 7},
	} {
		m := s.mustModel(t, name)
		keys, err := s.Create(t.Context(), m, []Values{given})
		if err != nil {
			t.Fatal(err)
		}
		update := func(note string, condition any) error {
			_, err := s.Update(t.Context(), m, []Values{{"id": keys[0], "note": note, IfUpdatedAt: condition}})
			return err
		}
		var stale *StaleError
		if err := update("a", time.Now()); !errors.As(err, &stale) || stale.Current != nil || stale.ID != keys[0] {
			t.Errorf("%s, a time where there is none: %v", name, err)
		}
		if err := update("a", nil); err != nil {
			t.Errorf("%s, without a condition: %v", name, err)
		}
		read, _ := s.versionOf(t, m, keys[0]).(time.Time)
		if err := update("b", read); err != nil {
			t.Errorf("%s, as it was read: %v", name, err)
		}
		read, _ = s.versionOf(t, m, keys[0]).(time.Time)
		if err := update("c", read.Format(time.RFC3339Nano)); err != nil {
			t.Errorf("%s, as it is shown: %v", name, err)
		}
		read, _ = s.versionOf(t, m, keys[0]).(time.Time)
		for _, other := range []time.Time{read.Add(-time.Microsecond), read.Add(time.Microsecond)} {
			err := update("d", other)
			var item *ItemError
			if !errors.Is(err, ErrStale) || !errors.As(err, &item) || !errors.As(err, &stale) ||
				!stale.Current.Equal(read) {
				t.Errorf("%s, a microsecond off: %v", name, err)
			}
		}
	}
}

// TestConditionsOfModelsWithout refuses a condition where no column can be compared with it.
func TestConditionsOfModelsWithout(t *testing.T) {
	t.Parallel()
	s := versionStore(t)
	plain, taken := s.mustModel(t, "Unversioned"), s.mustModel(t, "Taken")
	for _, m := range []*Model{plain, taken} {
		if _, err := s.Create(t.Context(), m, []Values{{"id": "x"}}); err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.Update(t.Context(), plain, []Values{{"id": "x", "note": "a", IfUpdatedAt: time.Now()}})
	if !errors.Is(err, ErrInvalid) {
		t.Errorf("no column updated_at: %v", err)
	}
	if _, err := s.Update(t.Context(), taken, []Values{{"id": "x", "ifUpdatedAt": "a text"}}); err != nil {
		t.Errorf("a column of that name: %v", err)
	}
	_, err = s.Create(t.Context(), s.mustModel(t, "Micros"), []Values{{"id": "y", IfUpdatedAt: time.Now()}})
	if !errors.Is(err, ErrInvalid) {
		t.Errorf("a condition of a creation: %v", err)
	}
}

// TestJoinsChangeTheVersion sets the records that another one is joined with: that is a change of it, and to set the same
// ones again is none.
func TestJoinsChangeTheVersion(t *testing.T) {
	t.Parallel()
	s := versionStore(t)
	m := s.mustModel(t, "Micros")
	if _, err := s.Create(t.Context(), s.mustModel(t, "Tag"), []Values{{"id": "1"}, {"id": "2"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Create(t.Context(), m, []Values{
		{"id": "x", "note": "a", "tagIds": []string{"1"}}, {"id": "other", "tagIds": []string{"1"}},
	}); err != nil {
		t.Fatal(err)
	}
	for _, settable := range []string{"tagIds", "keptIds"} {
		for _, to := range [][]string{{"1", "2"}, {"2"}, {}} {
			before := s.versionOf(t, m, "x")
			values := Values{"id": "x", settable: to, IfUpdatedAt: before}
			if _, err := s.Update(t.Context(), m, []Values{values}); err != nil {
				t.Fatal(err)
			}
			after := s.versionOf(t, m, "x")
			if _, err := s.Update(t.Context(), m, []Values{{"id": "x", settable: to, IfUpdatedAt: after}}); err != nil {
				t.Fatal(err)
			}
			if again := s.versionOf(t, m, "x"); after == before || again != after {
				t.Errorf("%s to %v: %v became %v, and then %v", settable, to, before, after, again)
			}
			if _, err := s.Update(t.Context(), m, []Values{values}); before != nil && !errors.Is(err, ErrStale) {
				t.Errorf("%s to %v under a time of before: %v", settable, to, err)
			}
		}
	}
	if at := s.versionOf(t, m, "other"); at != nil {
		t.Errorf("another record was changed at %v", at)
	}
}
