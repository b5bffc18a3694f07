package manual

import (
	"strings"

	"github.com/rustsocks/rustsocks/danted/keyword"
)

// Entry is what there is to say about a keyword. The names of its JSON form are stable.
type Entry struct {
	Name    string     `json:"name"`
	Old     []Spelling `json:"old_spellings"`
	Where   []string   `json:"where"`
	Value   string     `json:"value"` // how it is written; words in capitals stand for something
	Words   []Word     `json:"words"`
	Default string     `json:"default"`
	Status  string     `json:"status"` // works, partial, not_yet, no_effect or refused
	Note    string     `json:"note"`   // why, when it does not work
	Since   string     `json:"since"`  // the release of Dante that brought it, when that is later than 1.4.2
	Needs   string     `json:"needs"`  // what is not there for it to work
	Reload  string     `json:"reload"` // when a change takes effect: live, new_sessions, restart; "" when it has none
	Summary string     `json:"summary"`
	Doc     string     `json:"doc"`
	Example string     `json:"example"`

	row *keyword.Row
}

// Spelling is an old spelling of a keyword.
type Spelling struct {
	Text  string   `json:"text"`
	Where []string `json:"where"`
	Fate  string   `json:"fate"` // alias: the same, without a word; renamed: the same, with a warning
}

// Word is a word of a closed vocabulary.
type Word struct {
	Text      string `json:"text"`
	Doc       string `json:"doc"`
	Status    string `json:"status"`
	Needs     string `json:"needs"`
	StandsFor string `json:"stands_for"` // for an old word: the one of today
	Since     string `json:"since"`
}

var statuses = [...]string{
	keyword.Works: "works", keyword.Partial: "partial", keyword.NotYet: "not_yet", keyword.NoEffect: "no_effect",
	keyword.Refused: "refused",
}

var reloads = [...]string{
	keyword.NewSessions: "new_sessions", keyword.Live: "live", keyword.Restart: "restart",
}

var fates = [...]string{keyword.Alias: "alias", keyword.Renamed: "renamed"}

func newEntry(r *keyword.Row) Entry {
	e := Entry{
		Name: r.Name, Old: []Spelling{}, Where: places(r.Where), Value: value(r), Words: newWords(r.Words),
		Default: r.Default, Status: statuses[r.Status], Since: r.Since, Needs: r.Needs.String(),
		Summary: plain(summary(r.Doc)), Doc: plain(r.Doc), Example: r.Example, row: r,
	}
	if r.Status != keyword.Works {
		e.Note = r.Note
	}
	if r.Status == keyword.Works || r.Status == keyword.Partial {
		e.Reload = reloads[r.Reload]
	}
	for _, s := range r.Old {
		where := s.Where
		if where == 0 {
			where = r.Where
		}
		e.Old = append(e.Old, Spelling{s.Text, places(where), fates[s.Fate]})
	}
	return e
}

func newWords(list []keyword.Word) []Word {
	all := []Word{}
	for _, w := range list {
		all = append(all, Word{w.Text, plain(w.Doc), statuses[w.Status], w.Needs.String(), w.Old, w.Since})
	}
	return all
}

func entries(rows []*keyword.Row) []Entry {
	all := make([]Entry, len(rows))
	for i, r := range rows {
		all[i] = newEntry(r)
	}
	return all
}

func places(s keyword.Scope) []string {
	var all []string
	for _, one := range s.Each() {
		all = append(all, one.String())
	}
	return all
}

// sentences cuts a text behind each full stop that a blank follows.
func sentences(text string) []string {
	var all []string
	for {
		i := strings.Index(text, ". ")
		if i < 0 {
			return append(all, text)
		}
		all, text = append(all, text[:i+1]), text[i+2:]
	}
}

// summary is the first sentence of a text.
func summary(doc string) string { return sentences(doc)[0] }

// plain is a text without markup: what is in backquotes is configuration text.
func plain(text string) string { return strings.ReplaceAll(text, "`", `"`) }
