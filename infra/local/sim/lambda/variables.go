package lambda

import (
	"maps"
	"path/filepath"
	"slices"
	"strconv"
)

// reserved lists the environment variables that Lambda reserves, except those of the credentials.
// The configuration of a function must not set a listed variable. Source: "Defined runtime
// environment variables" in Lambda's developer guide.
var reserved = map[string]bool{
	"_HANDLER":                        true,
	"_X_AMZN_TRACE_ID":                true,
	"AWS_DEFAULT_REGION":              true,
	"AWS_REGION":                      true,
	"AWS_EXECUTION_ENV":               true,
	"AWS_LAMBDA_FUNCTION_NAME":        true,
	"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": true,
	"AWS_LAMBDA_FUNCTION_VERSION":     true,
	"AWS_LAMBDA_INITIALIZATION_TYPE":  true,
	"AWS_LAMBDA_LOG_GROUP_NAME":       true,
	"AWS_LAMBDA_LOG_STREAM_NAME":      true,
	"AWS_LAMBDA_RUNTIME_API":          true,
	"LAMBDA_TASK_ROOT":                true,
	"LAMBDA_RUNTIME_DIR":              true,
}

// LogFormat and LogLevel are the log settings of every local function. Each function gets them in
// the same environment variables as in Lambda.
const (
	LogFormat = "JSON"
	LogLevel  = "INFO"
)

// variables returns the complete environment of a process, in the form of the field Env of
// exec.Cmd. The parameter address is the address of the process's Runtime API.
func (c *Config) variables(address string) []string {
	root := filepath.Dir(c.Bootstrap)
	all := map[string]string{
		"LANG": "en_US.UTF-8",
		"PATH": "/usr/local/bin:/usr/bin:/bin:/opt/bin",
		"TZ":   ":UTC",
	}
	maps.Copy(all, c.Environment)
	maps.Copy(all, map[string]string{
		"_HANDLER":                        filepath.Base(c.Bootstrap),
		"AWS_DEFAULT_REGION":              c.Region,
		"AWS_REGION":                      c.Region,
		"AWS_LAMBDA_FUNCTION_NAME":        c.Name,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": strconv.Itoa(c.MemoryMB),
		"AWS_LAMBDA_FUNCTION_VERSION":     "$LATEST",
		"AWS_LAMBDA_LOG_FORMAT":           LogFormat,
		"AWS_LAMBDA_LOG_LEVEL":            LogLevel,
		"AWS_LAMBDA_LOG_GROUP_NAME":       "/aws/lambda/" + c.Name,
		"AWS_LAMBDA_LOG_STREAM_NAME":      "[$LATEST]" + newID(),
		"AWS_LAMBDA_RUNTIME_API":          address,
		"LAMBDA_TASK_ROOT":                root,
		"LAMBDA_RUNTIME_DIR":              root,
	})
	list := make([]string, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		list = append(list, name+"="+all[name])
	}
	return list
}
