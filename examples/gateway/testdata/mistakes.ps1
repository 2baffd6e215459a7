trap { Get-ReceiveConnector }
Set-ReceiveConnector Relay -RemoteIPRanges 10.0.0.1,
