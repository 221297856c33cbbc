using StorageEngines.EngineBenchmarks.Measuring;

namespace StorageEngines.EngineBenchmarks.Rows;

/// <summary>A workload with the rows that are measured on it.</summary>
internal interface IWorkloadRows : IAsyncDisposable
{
    /// <summary>The report's name without an ending.</summary>
    string FileName { get; }

    /// <summary>The report's heading.</summary>
    string Title { get; }

    /// <summary>What is worked on, in one sentence.</summary>
    string Description { get; }

    /// <summary>Makes what all rows need, and lists them in the order in which they have to run.</summary>
    Task<IReadOnlyList<Row>> PrepareAsync();
}
