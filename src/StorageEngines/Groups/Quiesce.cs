namespace StorageEngines;

/// <summary>Runs something while hooks hold everything at rest. Used once.</summary>
internal sealed class Quiesce(GroupSnapshotOptions options)
{
    private readonly Stack<IQuiesceHook> _frozen = new();

    /// <summary>What a snapshot taken at rest is worth: the weakest of the hooks; null without hooks.</summary>
    internal Consistency? Reached { get; private set; }

    /// <summary>Freezes in order, runs, and thaws in the reverse order, whatever happens.</summary>
    /// <exception cref="StorageEngineException">It took longer than the limit, or a thaw failed.</exception>
    internal async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> cut, CancellationToken cancellationToken)
    {
        bool taken = false;
        List<Exception> thawErrors = [];
        T result;
        try
        {
            using var limit = new CancellationTokenSource(options.Hooks.Count > 0 ? options.FreezeLimit : Timeout.InfiniteTimeSpan, options.Time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
            try
            {
                await FreezeAsync(either.Token).ConfigureAwait(false);
                result = await cut(either.Token).ConfigureAwait(false);
                limit.Token.ThrowIfCancellationRequested();
                taken = true;
            }
            catch (OperationCanceledException error) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                throw new StorageEngineException(
                    EngineStatus.DeadlineExceeded, EngineReason.GroupNotConsistent, Recovery.RetryAfterBackoff,
                    $"Freezing and cutting took longer than the limit of {options.FreezeLimit.TotalSeconds} s, after which hooks may thaw by themselves.", error);
            }
        }
        finally
        {
            thawErrors = await ThawAsync(taken).ConfigureAwait(false);
        }

        return thawErrors.Count == 0 ? result : throw new StorageEngineException(
            EngineStatus.Unknown, EngineReason.None, Recovery.OperatorAction,
            $"A quiesce hook could not thaw: {thawErrors[0].Message} Check that what it froze runs again.", new AggregateException(thawErrors));
    }

    private async Task FreezeAsync(CancellationToken cancellationToken)
    {
        foreach (IQuiesceHook hook in options.Hooks)
        {
            _frozen.Push(hook); // before the call: a freeze that failed may have frozen half
            Consistency worth = await hook.FreezeAsync(options.FreezeLimit, cancellationToken).ConfigureAwait(false);
            Reached = Reached is { } weakest && weakest < worth ? weakest : worth;
        }
    }

    /// <summary>Thaws all, even if one of them fails.</summary>
    private async Task<List<Exception>> ThawAsync(bool taken)
    {
        var errors = new List<Exception>();
        while (_frozen.TryPop(out IQuiesceHook? hook))
        {
            try
            {
                await hook.ThawAsync(taken).ConfigureAwait(false);
            }
            catch (Exception error)
            {
                errors.Add(error);
            }
        }

        return errors;
    }
}
