namespace StorageEngines.EngineBenchmarks.Measuring;

/// <summary>One line of what is demanded: a task, and everybody who does it.</summary>
/// <param name="Id">What <c>--row</c> calls it.</param>
/// <param name="Title">The report's heading.</param>
/// <param name="Contestants">The engine comes first.</param>
internal sealed record Row(string Id, string Title, IReadOnlyList<Contestant> Contestants)
{
    /// <summary>Called before the first round if the row is wanted; not timed.</summary>
    public Func<Task> Begin { get; init; } = static () => Task.CompletedTask;

    /// <summary>Called after the last round, also if the row failed; not timed.</summary>
    public Func<Task> End { get; init; } = static () => Task.CompletedTask;

    /// <summary>What a reader has to know.</summary>
    public string? Note { get; init; }
}
