package main

import (
	"encoding/json"
	"errors"

	"github.com/aws/aws-cdk-go/awscdk/v2"
)

// boundaryKey is CDK's context key for the policy that bounds the permissions of every role.
const boundaryKey = "@aws-cdk/core:permissionsBoundary"

var errBoundary = errors.New(boundaryKey + `: must be {"name":"POLICY"} or {"arn":"ARN OF THE POLICY"}`)

// boundary returns the permissions boundary from CDK's context; nil if there is none. This function
// is necessary because CDK itself accepts the boundary only as an object in cdk.json. CDK silently
// ignores a boundary that is set as text with the flag -c.
func boundary(context any) (awscdk.PermissionsBoundary, error) {
	if context == nil {
		return nil, nil
	}
	text, isText := context.(string)
	if !isText {
		encoded, err := json.Marshal(context)
		if err != nil {
			return nil, errors.Join(errBoundary, err)
		}
		text = string(encoded)
	}
	var policy struct{ Name, ARN string }
	err := json.Unmarshal([]byte(text), &policy)
	switch {
	case err == nil && policy.ARN != "" && policy.Name == "":
		return awscdk.PermissionsBoundary_FromArn(&policy.ARN), nil
	case err == nil && policy.Name != "" && policy.ARN == "":
		return awscdk.PermissionsBoundary_FromName(&policy.Name), nil
	}
	return nil, errBoundary
}
