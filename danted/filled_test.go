package danted

import (
	"net/netip"
	"reflect"
	"testing"

	"github.com/rustsocks/rustsocks/pkg/plan"
)

// A field of the plan that no accepted file fills is one that is not compiled, or that no file tests.
func TestEveryFieldIsFilled(t *testing.T) {
	filled := fields{}
	for _, pattern := range []string{"*.conf", "facts/*.conf"} {
		for _, file := range corpus(t, pattern) {
			if p, _ := Load(file, read(t, file), machine{root: true}, Options{KeepAlive: true}); p != nil {
				filled.note(reflect.ValueOf(*p))
			}
		}
	}
	filled.note(reflect.ValueOf(plan.Plan{})) // to know all fields
	for name, ok := range filled {
		if !ok {
			t.Errorf("no accepted file of testdata fills %s", name)
		}
	}
}

// fields says of each field, by its type and name, whether it is set somewhere.
type fields map[string]bool

func (f fields) note(v reflect.Value) {
	switch v.Kind() {
	case reflect.Slice:
		for i := range v.Len() {
			f.note(v.Index(i))
		}
		f.know(v.Type().Elem())
	case reflect.Struct:
		f.know(v.Type())
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.IsExported() {
				f[v.Type().String()+"."+field.Name] = f[v.Type().String()+"."+field.Name] || !v.Field(i).IsZero()
				f.note(v.Field(i))
			}
		}
	}
}

// know notes the fields of a type of which there may be no value.
func (f fields) know(t reflect.Type) {
	if t.Kind() != reflect.Struct || t == reflect.TypeFor[netip.Addr]() {
		return
	}
	for i := range t.NumField() {
		field := t.Field(i)
		name := t.String() + "." + field.Name
		if _, known := f[name]; known || !field.IsExported() {
			continue
		}
		f[name] = false
		element := field.Type
		if element.Kind() == reflect.Slice {
			element = element.Elem()
		}
		f.know(element)
	}
}
