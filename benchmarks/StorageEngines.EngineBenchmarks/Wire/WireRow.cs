namespace StorageEngines.EngineBenchmarks.Wire;

/// <summary>One line of the report.</summary>
/// <param name="What">What was asked, of what.</param>
/// <param name="Changed">What had changed, as the truth has it.</param>
/// <param name="Answer">What was told.</param>
/// <param name="Counts">What went over the connection; null where the question is a program on the storage host, which was not asked over the counted connection.</param>
/// <param name="Bytes">Bytes that the program wrote there.</param>
internal sealed record WireRow(string What, string Changed, string Answer, WireCounts? Counts, long Bytes);
