package keyword

import "slices"

var table = slices.Concat(globalRows, ruleRows, ldapRows, laterRows)

// byID finds a row by its number.
var byID = func() [ids]*Row {
	var index [ids]*Row
	for i := range table {
		index[table[i].ID] = &table[i]
	}
	return index
}()

// byName finds a row by its name, without the old spellings.
var byName = func() map[string]*Row {
	index := make(map[string]*Row, len(table))
	for i := range table {
		index[table[i].Name] = &table[i]
	}
	return index
}()

// All gives the table, in the order of the documentation.
func All() []*Row {
	all := make([]*Row, len(table))
	for i := range table {
		all[i] = &table[i]
	}
	return all
}

// Get gives the row of an ID.
func Get(id ID) *Row { return byID[id] }

// Named gives the row of a name.
func Named(name string) (*Row, bool) {
	r, ok := byName[name]
	return r, ok
}

// ByLexed gives the rows whose lexed keyword, or one of whose old spellings, is text: more than one when the rest of
// the statement or the place decides.
func ByLexed(text string) []*Row { return byLexed[text] }

var byLexed = func() map[string][]*Row {
	index := map[string][]*Row{}
	for i := range table {
		r := &table[i]
		index[r.Lexed()] = append(index[r.Lexed()], r)
		for _, old := range r.Old {
			index[old.Text] = append(index[old.Text], r)
		}
	}
	return index
}()
