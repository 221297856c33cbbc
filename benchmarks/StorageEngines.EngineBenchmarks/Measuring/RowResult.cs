namespace StorageEngines.EngineBenchmarks.Measuring;

/// <summary>A row that was run.</summary>
internal sealed record RowResult(Row Row, IReadOnlyList<Measurement> Measurements);
