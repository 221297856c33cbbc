namespace StorageEngines.EngineBenchmarks;

/// <summary>One program that takes part.</summary>
/// <param name="Name">What the report calls it.</param>
/// <param name="Role">Whether it is an engine, a peer, or the limit.</param>
/// <param name="Scenario">What it is asked to do.</param>
/// <param name="Prepare">Brings its state back before each run; not timed.</param>
/// <param name="Command">The program and its arguments; timed as a whole process.</param>
internal sealed record Contestant(string Name, ContestantRole Role, string Scenario, Func<int, Task> Prepare, Func<int, string[]> Command)
{
    /// <summary>What is timed instead of <see cref="Command"/>: a call of the library by this program, which runs already, as a backup service does.</summary>
    public Func<int, Task>? Call { get; init; }

    /// <summary>The file or folder that holds what it keeps or gives out; its growth is what a run added. Null if that is nothing.</summary>
    public string? Grows { get; init; }

    /// <summary>For a contestant without state.</summary>
    public static Task Nothing(int run) => Task.CompletedTask;
}
