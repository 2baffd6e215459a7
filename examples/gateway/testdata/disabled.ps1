Get-ReceiveConnector | Set-ReceiveConnector -Enabled $false
