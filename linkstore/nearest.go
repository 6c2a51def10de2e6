package linkstore

import (
	"cmp"
	"slices"
)

// nearest returns the names that are most like one that does not exist, at most n of them. Names of which more than half would
// have to change are left out.
func nearest(name string, names []string, n int) []string {
	type near struct {
		name     string
		distance int
	}
	var all []near
	for _, other := range names {
		if d := editDistance(name, other); 2*d <= max(len(name), len(other)) {
			all = append(all, near{other, d})
		}
	}
	slices.SortStableFunc(all, func(a, b near) int { return cmp.Compare(a.distance, b.distance) })
	var found []string
	for _, of := range all[:min(len(all), n)] {
		found = append(found, of.name)
	}
	return found
}

// editDistance returns how many bytes have to be inserted, removed or replaced to turn one text into the other (Levenshtein).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1) // distances of a prefix of a from all prefixes of b
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
