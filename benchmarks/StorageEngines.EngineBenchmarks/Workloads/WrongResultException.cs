namespace StorageEngines.EngineBenchmarks.Workloads;

/// <summary>A contestant's result differs from the truth.</summary>
internal sealed class WrongResultException(string message) : Exception(message);
