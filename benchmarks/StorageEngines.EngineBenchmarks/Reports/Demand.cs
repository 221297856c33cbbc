namespace StorageEngines.EngineBenchmarks.Reports;

/// <summary>One thing that is demanded of the engine, and what was measured.</summary>
/// <param name="What">The row and whom it is compared with.</param>
/// <param name="Demanded">The bar.</param>
/// <param name="Measured">What it is.</param>
/// <param name="Reached">Whether that is enough; null if it could not be measured.</param>
internal sealed record Demand(string What, string Demanded, string Measured, bool? Reached);
