package services

// KillS3 kills the S3 server.
func (s *Services) KillS3() error { return s.gateway.Kill() }
