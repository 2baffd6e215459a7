Set-ReceiveConnector "EX01\Default Frontend EX01" -MaxMessageSize 20MB
Get-ReceiveConnector -Server EX01
Set-ReceiveConnector Absent -MaxMessageSize 20MB
