package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"github.com/tailscale/hujson"
)

// Folder is the path of the folder with the environments' files NAME.json, relative to the project's
// folder.
const Folder = "infra/environments"

// file reads the environment's file, if it exists: JSON with comments and trailing commas. The
// file holds only settings; keys of CDK belong in cdk.json.
func (r *reading) file(root, name string) {
	if !environmentName.MatchString(name) {
		return // no file is read, because the name is not valid; the check of the setting "name" reports this mistake
	}
	path := Folder + "/" + name + ".json"
	data, err := os.ReadFile(filepath.Join(root, path))
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	var content hujson.Value
	if err == nil {
		content, err = hujson.Parse(data)
	}
	members, is := content.Value.(*hujson.Object)
	if err == nil && !is {
		err = errors.New("must be one object with settings as members")
	}
	if err != nil {
		r.problems = append(r.problems, fmt.Errorf("%s: %s", path, strings.TrimPrefix(err.Error(), "hujson: ")))
		return
	}
	for _, m := range members.Members {
		key := m.Name.Value.(hujson.Literal).String()
		at := fmt.Sprintf("%s:%d: ", path, 1+strings.Count(string(data[:m.Name.StartOffset]), "\n"))
		_, twice := r.told[key]
		r.told[key] = given{value(m.Value), at}
		switch {
		case twice:
			r.problem(key, "is in the file twice")
		case key == "name" && asText(r.told[key].value) != name:
			r.problem(key, "is %q in the file of %s: rename the file, or leave the name out", asText(r.told[key].value), name)
			delete(r.told, key)
		}
	}
}

// Context returns the context that the command cdk would pass to the app: the values from
// cdk.context.json and cdk.json in the project's folder root, overridden by those of the command line.
func Context(root string, commandLine map[string]string) (map[string]any, error) {
	var project struct{ Context map[string]any }
	context := map[string]any{}
	for _, f := range []struct {
		name string
		into any
	}{{"cdk.context.json", &context}, {"cdk.json", &project}} {
		data, err := os.ReadFile(filepath.Join(root, f.name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = json.Unmarshal(data, f.into)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
	}
	maps.Copy(context, project.Context)
	for key, text := range commandLine {
		context[key] = text
	}
	return context, nil
}

// value converts a value of an environment's file to the Go types that package json uses.
func value(v hujson.Value) (meant any) {
	v.Standardize()
	_ = json.Unmarshal(v.Pack(), &meant) // the error is ignored: v was parsed, so it is valid JSON
	return meant
}
