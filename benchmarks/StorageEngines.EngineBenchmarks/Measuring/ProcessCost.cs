namespace StorageEngines.EngineBenchmarks.Measuring;

/// <summary>What a run cost.</summary>
/// <param name="Seconds">From its start to its end.</param>
/// <param name="ProcessorSeconds">User and system time, children included.</param>
/// <param name="PeakBytes">The largest resident set of it or of a child; null if it could not be measured.</param>
internal readonly record struct ProcessCost(double Seconds, double ProcessorSeconds, long? PeakBytes);
