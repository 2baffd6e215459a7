# typed in a document: typographic quotes and dashes, no-break spaces
New–ReceiveConnector –Name “From ‘the’ Gateway” –Server ’HubA’
New-ReceiveConnector –Name „From low gateway“ –Comment ‘it’’s’ –MaxHopCount 5
$a –eq “x”
