namespace StorageEngines.Specification;

/// <summary>Plays a random history on a block volume or one file, beside a model that is an array of bytes.</summary>
internal sealed class BlockHistory
{
    private readonly ISnapshots _snapshots;
    private readonly int _unit;
    private readonly List<(SnapshotInfo Snapshot, byte[] Bytes)> _cuts = [];
    private BlockSubject _subject;
    private byte[] _model;
    private byte _next;

    internal BlockHistory(BlockSubject subject, ISnapshots snapshots, int unit, long capacity)
    {
        _subject = subject;
        _snapshots = snapshots;
        _unit = unit;
        _model = new byte[capacity];
    }

    internal async Task PlayAsync(HistoryStep[] steps)
    {
        foreach (HistoryStep step in steps)
        {
            await StepAsync(step);
        }

        await CutAsync(0, 0);
    }

    private Task StepAsync(HistoryStep step) => (step.Kind % 14) switch
    {
        0 or 1 or 2 => WriteAsync(step.A, 1 + (step.B % 300), zero: false),
        3 or 4 => WriteAsync(step.A, 1 + (step.B % (3 * _unit)), zero: false),
        5 => WriteAsync(step.A, 1 + (step.B % (2 * _unit)), zero: true),
        6 => DiscardAsync(step.A, 1 + (step.B % (4 * _unit))),
        7 when _subject.Traits.SurvivesResize => ResizeAsync(step.A),
        8 => RollbackAsync(step.A),
        9 => DeleteAsync(step.A),
        10 => _subject.ChangeLayoutAsync(step.A).AsTask(),
        11 => PromoteAsync(step.A),
        _ => CutAsync(step.A, step.B),
    };

    private async Task WriteAsync(int at, int length, bool zero)
    {
        if (_model.Length == 0)
        {
            return;
        }

        int offset = at % _model.Length;
        var bytes = new byte[Math.Min(length, _model.Length - offset)];
        bytes.AsSpan().Fill(zero ? (byte)0 : Next());
        await _subject.WriteAsync(offset, bytes);
        bytes.CopyTo(_model.AsSpan(offset));
    }

    private async Task DiscardAsync(int at, int length)
    {
        if (_model.Length == 0)
        {
            return;
        }

        int offset = at % _model.Length;
        int count = Math.Min(length, _model.Length - offset);
        if (await _subject.DiscardAsync(offset, count))
        {
            // What a discard of less than a block leaves there is the storage's business; the live content says it.
            _model = await _subject.LiveAsync();
        }
    }

    private async Task ResizeAsync(int size)
    {
        int length = 1 + (size % (20 * _unit));
        if (await _subject.ResizeAsync(length))
        {
            Array.Resize(ref _model, length);
        }
    }

    private async Task RollbackAsync(int which)
    {
        if (_cuts.Count == 0 || !_subject.Capabilities.Has(EngineCapability.RollbackInPlace))
        {
            return;
        }

        int index = which % _cuts.Count;
        await _snapshots.RollbackAsync(_cuts[index].Snapshot.Ref, new RollbackOptions(DestroyNewer: true), TestContext.Current.CancellationToken);
        _cuts.RemoveRange(index + 1, _cuts.Count - index - 1);
        _model = (byte[])_cuts[index].Bytes.Clone();
    }

    // A clone takes the volume's place, and the snapshots up to its origin come along; their tokens stay what they were.
    private async Task PromoteAsync(int which)
    {
        if (_cuts.Count > 0 && which % _cuts.Count is var index && await _subject.PromoteCloneAsync(_cuts[index].Snapshot) is { } clone)
        {
            _subject = clone;
            _cuts.RemoveRange(index + 1, _cuts.Count - index - 1);
            for (int i = 0; i <= index; i++)
            {
                _cuts[i] = (_cuts[i].Snapshot.In(clone.Volume), _cuts[i].Bytes);
            }

            _model = (byte[])_cuts[index].Bytes.Clone();
        }
    }

    private async Task DeleteAsync(int which)
    {
        if (_cuts.Count > 1)
        {
            int index = which % (_cuts.Count - 1);
            await _snapshots.DeleteAsync(_cuts[index].Snapshot.Ref, DeleteMode.Everything, TestContext.Current.CancellationToken);
            _cuts.RemoveAt(index);
        }
    }

    private async Task CutAsync(int a, int b)
    {
        (SnapshotInfo snapshot, byte[] live) = await _subject.CutAsync();
        ExtentOracle.AssertSame(_model, live, "The live content, against the model");
        _cuts.Add((snapshot, live));
        if (_subject.Capabilities.Has(EngineCapability.ReadSnapshot))
        {
            byte[] read = await _subject.ReadAsync(snapshot);
            ExtentOracle.AssertSame(_model, read, "The snapshot, against the model");
        }

        int[] bases = _subject.Traits.NeedsAdjacentSnapshots ? [_cuts.Count - 2] : [a % _cuts.Count, b % _cuts.Count, _cuts.Count - 2];
        foreach (int from in bases.Where(from => from >= 0).Distinct())
        {
            ExtentAnswer answer = await _subject.DeltaAsync(_cuts[from].Snapshot, snapshot);
            ExtentOracle.AssertRebuilds(_cuts[from].Bytes, live, answer, $"from cut {from} to cut {_cuts.Count - 1}");
            ExtentOracle.AssertZeroesAreZero(live, answer);
        }

        if (_subject.Capabilities.Has(EngineCapability.Allocated))
        {
            ExtentOracle.AssertAllocated(live, await _subject.AllocatedAsync(snapshot));
        }
    }

    /// <summary>The next filling: 1 to 200, never zero and never the oracle's own.</summary>
    private byte Next() => _next = (byte)(1 + (_next % 200));
}
