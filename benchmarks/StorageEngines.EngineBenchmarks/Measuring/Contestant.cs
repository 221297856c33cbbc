namespace StorageEngines.EngineBenchmarks.Measuring;

/// <summary>One program that takes part in a row.</summary>
/// <param name="Name">What the report calls it.</param>
/// <param name="Role">Whether it is the engine, a peer, or the limit.</param>
/// <param name="Script">A shell script in the scratch directory; timed as a whole process.</param>
internal sealed record Contestant(string Name, ContestantRole Role, string Script)
{
    /// <summary>Brings its state back before each run; not timed.</summary>
    public Func<Task> Prepare { get; init; } = static () => Task.CompletedTask;

    /// <summary>Compares its result with the truth after a run; not timed. Says how well it fits, or throws <see cref="Workloads.WrongResultException"/>.</summary>
    public Func<Task<string>>? Check { get; init; }

    /// <summary>What is timed instead of the script: a call of the library by this program, which runs already, as a backup service does.</summary>
    public Func<Task>? Call { get; init; }

    /// <summary>How many times faster than it the engine has to be; null if nothing is demanded.</summary>
    public double? EngineFasterBy { get; init; }

    /// <summary>How many times as long as it the engine may take; null if nothing is demanded.</summary>
    public double? EngineWithin { get; init; }

    /// <summary>The seconds that it may take itself; null if nothing is demanded.</summary>
    public double? AtMostSeconds { get; init; }

    /// <summary>The bytes that <see cref="Keeps"/> may have; null if nothing is demanded.</summary>
    public long? KeepsAtMost { get; init; }

    /// <summary>Folders or files, relative to the scratch directory, that hold what it keeps or gives out.</summary>
    public IReadOnlyList<string> Keeps { get; init; } = [];

    /// <summary>Whether the engine's <see cref="Keeps"/> may not be larger than this one's.</summary>
    public bool EngineKeepsNoMore { get; init; }

    /// <summary>Whether it takes so long that it runs less often, and is not warmed up.</summary>
    public bool Slow { get; init; }

    /// <summary>The most runs; 0 for no limit of its own.</summary>
    public int MostRuns { get; init; }
}
