package services

// KillS3 ends the S3 server without a word.
func (s *Services) KillS3() error { return s.gateway.Kill() }
