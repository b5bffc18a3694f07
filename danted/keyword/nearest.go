package keyword

// Nearest gives the candidate that text is most likely a misspelling of; ok is false when none is near enough.
func Nearest(text string, candidates []string) (best string, ok bool) {
	limit := 1 + len(text)/4
	for _, c := range candidates {
		if d := distance(text, c, limit); d <= limit && c != text {
			best, ok = c, true
			limit = d - 1
		}
	}
	return best, ok
}

// Names gives the names of all keywords and old spellings valid in scope.
func Names(scope Scope) []string {
	var names []string
	for _, r := range All() {
		if r.Where&scope == 0 {
			continue
		}
		names = append(names, r.Name)
	}
	return names
}

// distance is the number of single-character edits between a and b (Levenshtein, with a swap of neighbours as one);
// more than limit is given as limit+1.
func distance(a, b string, limit int) int {
	if abs(len(a)-len(b)) > limit {
		return limit + 1
	}
	before, last, next := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		next[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			next[j] = min(last[j]+1, next[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, last, next = last, next, before
	}
	return min(last[len(b)], limit+1)
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
