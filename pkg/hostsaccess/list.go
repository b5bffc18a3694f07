package hostsaccess

// list is a list of patterns. Those behind an EXCEPT take away from those before it, and EXCEPTs nest to the right.
type list[P any] []item[P]

// item is a pattern of a list, or an EXCEPT.
type item[P any] struct {
	except  bool
	pattern P
}

// matches looks for a pattern that matches and then for exceptions. When e must ask or cannot know, the result means
// nothing.
func (l list[P]) matches(e *evaluation, match func(P) bool) bool {
	negated := false
	for {
		found, rest := l.first(e, match)
		switch {
		case !found:
			return negated
		case rest == nil:
			return !negated
		}
		l, negated = rest, !negated
	}
}

// first tells whether a pattern before the next EXCEPT matches, and gives the list behind that, nil when there is none.
func (l list[P]) first(e *evaluation, match func(P) bool) (found bool, rest list[P]) {
	for i, it := range l {
		switch {
		case it.except && found:
			return true, l[i+1:]
		case it.except:
			return false, nil
		case !found:
			found = match(it.pattern)
			if len(e.ask) > 0 || e.unknowable != "" {
				return false, nil
			}
		}
	}
	return found, nil
}
