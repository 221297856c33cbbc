namespace StorageEngines.Specification;

/// <summary>Plays a random history on a tree volume beside a model, and holds the file difference against the walk after each snapshot.</summary>
internal sealed class TreeHistory
{
    private const int MostAttributeBytes = 300;
    private static readonly string[] Names = ["a", "b", "new\nline", "d 1", "e'", "ü"];
    private static readonly string[] Attributes = ["user.seng", "user.other"];

    private readonly IStorageEngine _engine;
    private readonly EngineCapabilities _capabilities;
    private readonly EngineFixture _fixture;
    private readonly List<(SnapshotInfo Snapshot, TreeModel Model, TreeImage Image)> _cuts = [];
    private TestVolume _volume;
    private TreeModel _model = new();
    private byte _next;

    internal TreeHistory(EngineFixture fixture, TestVolume volume, EngineCapabilities capabilities)
    {
        _fixture = fixture;
        _engine = fixture.Engine;
        _volume = volume;
        _capabilities = capabilities;
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private ITreeVolumeWriter Tree => _volume.Tree;

    private ISnapshots Snapshots => _engine.Feature<ISnapshots>()!;

    internal async Task PlayAsync(HistoryStep[] steps)
    {
        foreach (HistoryStep step in steps)
        {
            await StepAsync(step);
        }

        await CutAsync(0);
    }

    private Task StepAsync(HistoryStep step) => (step.Kind % 20) switch
    {
        0 or 1 or 2 => WriteAsync(NewPath(step.A), step.B % 150_000, 1 + (step.A % 9000)),
        3 => ChangeAsync(step.A, (path, box) => TruncateAsync(path, box, step.B % 200_000)),
        4 => ChangeAsync(step.A, (path, box) => PunchAsync(path, box, step.B)),
        5 => ChangeAsync(step.A, (path, _) => RenameAsync(path, NewPath(step.B))),
        6 => ChangeAsync(step.A, (path, _) => UnlinkAsync(path)),
        7 => ChangeAsync(step.A, (path, box) => LinkAsync(path, NewPath(step.B), box)),
        8 => MakeDirectoryAsync(NewPath(step.A)),
        9 => RenameDirectoryAsync(step.A, step.B),
        10 => RemoveDirectoryAsync(step.A),
        11 => ChangeAsync(step.A, async (path, _) => await Tree.SetModeAsync(path, 0x180 + (step.B % 0x80), Cancel)),
        12 => RollbackAsync(step.A),
        13 or 14 => ChangeAsync(step.A, (path, _) => SetAttributeAsync(path, step.B)),
        15 => _fixture.ChangeLayoutAsync(_volume, step.A, Cancel).AsTask(),
        16 => PromoteAsync(step.A),
        _ => CutAsync(step.A),
    };

    private BytePath NewPath(int number)
        => _model.Directories.ElementAt(number % _model.Directories.Count).Append(BytePath.FromString(Names[number / 7 % Names.Length]));

    private Task ChangeAsync(int which, Func<BytePath, TreeModel.FileBox, Task> change)
    {
        if (_model.Files.Count == 0)
        {
            return Task.CompletedTask;
        }

        (BytePath path, TreeModel.FileBox box) = _model.Files.ElementAt(which % _model.Files.Count);
        return change(path, box);
    }

    private async Task WriteAsync(BytePath path, int offset, int length)
    {
        if (_model.Directories.Contains(path))
        {
            return;
        }

        var bytes = new byte[length];
        bytes.AsSpan().Fill(_next = (byte)(1 + (_next % 200)));
        await Tree.WriteAsync(path, offset, bytes, Cancel);
        if (!_model.Files.TryGetValue(path, out TreeModel.FileBox? box))
        {
            _model.Files.Add(path, box = new TreeModel.FileBox());
        }

        byte[] content = box.Content;
        Array.Resize(ref content, Math.Max(content.Length, offset + length));
        bytes.CopyTo(content, offset);
        box.Content = content;
    }

    private async Task TruncateAsync(BytePath path, TreeModel.FileBox box, int length)
    {
        await Tree.TruncateAsync(path, length, Cancel);
        byte[] content = box.Content;
        Array.Resize(ref content, length);
        box.Content = content;
    }

    private async Task PunchAsync(BytePath path, TreeModel.FileBox box, int number)
    {
        if (box.Content.Length > 0)
        {
            int offset = number % box.Content.Length;
            int length = Math.Min(1 + (number / 3 % 100_000), box.Content.Length - offset);
            if (await Tree.PunchHoleAsync(path, offset, length, Cancel))
            {
                box.Content.AsSpan(offset, length).Clear();
            }
        }
    }

    private async Task RenameAsync(BytePath from, BytePath to)
    {
        // Renaming one name of a file over another name of the same file does nothing, by POSIX.
        bool sameFile = _model.Files.TryGetValue(to, out TreeModel.FileBox? other) && ReferenceEquals(other, _model.Files[from]);
        if (!sameFile && !_model.Directories.Contains(to))
        {
            await Tree.RenameAsync(from, to, Cancel);
            _model.Move(from, to);
        }
    }

    private async Task UnlinkAsync(BytePath path)
    {
        await Tree.UnlinkAsync(path, Cancel);
        _model.Files.Remove(path);
    }

    private async Task LinkAsync(BytePath existing, BytePath path, TreeModel.FileBox box)
    {
        if (!_model.Has(path) && await Tree.LinkAsync(existing, path, Cancel))
        {
            _model.Files.Add(path, box);
        }
    }

    private async Task SetAttributeAsync(BytePath path, int number)
    {
        var value = new byte[1 + (number % MostAttributeBytes)];
        value.AsSpan().Fill(_next = (byte)(1 + (_next % 200)));
        await Tree.SetAttributeAsync(path, Attributes[number % Attributes.Length], value, Cancel);
    }

    private async Task MakeDirectoryAsync(BytePath path)
    {
        if (!_model.Has(path))
        {
            await Tree.MakeDirectoryAsync(path, Cancel);
            _model.Directories.Add(path);
        }
    }

    private async Task RenameDirectoryAsync(int which, int whereto)
    {
        BytePath from = _model.Directories.ElementAt(which % _model.Directories.Count);
        BytePath to = NewPath(whereto);
        if (!from.IsRoot && !_model.Has(to) && !to.IsAtOrBelow(from))
        {
            await Tree.RenameAsync(from, to, Cancel);
            _model.Move(from, to);
        }
    }

    private async Task RemoveDirectoryAsync(int which)
    {
        BytePath path = _model.Directories.ElementAt(which % _model.Directories.Count);
        if (!path.IsRoot && _model.IsEmpty(path))
        {
            await Tree.RemoveDirectoryAsync(path, Cancel);
            _model.Directories.Remove(path);
        }
    }

    private async Task RollbackAsync(int which)
    {
        if (_cuts.Count == 0 || !_capabilities.Has(EngineCapability.RollbackInPlace))
        {
            return;
        }

        int index = which % _cuts.Count;
        await Snapshots.RollbackAsync(_cuts[index].Snapshot.Ref, new RollbackOptions(DestroyNewer: true), Cancel);
        _cuts.RemoveRange(index + 1, _cuts.Count - index - 1);
        _model = _cuts[index].Model.Copy();
    }

    // A clone takes the volume's place, and the snapshots up to its origin come along; their tokens stay what they were.
    private async Task PromoteAsync(int which)
    {
        if (_cuts.Count > 0 && which % _cuts.Count is var index && await _fixture.PromoteCloneAsync(_cuts[index].Snapshot.Ref, Cancel) is { } clone)
        {
            _volume = clone;
            _cuts.RemoveRange(index + 1, _cuts.Count - index - 1);
            for (int i = 0; i <= index; i++)
            {
                _cuts[i] = (_cuts[i].Snapshot.In(clone), _cuts[i].Model, _cuts[i].Image);
            }

            _model = _cuts[index].Model.Copy();
        }
    }

    private async Task CutAsync(int which)
    {
        List<PendingChange>? pending = _cuts.Count == 0 ? null : await PendingOracle.ListAsync(_engine, _capabilities, _volume.Ref, Cancel);
        SnapshotInfo snapshot = await Snapshots.CreateAsync(new CreateSnapshotRequest(_volume.Ref, _fixture.NextName()), Cancel);
        TreeImage image = await TreeImage.ReadAsync(_engine, snapshot.Ref, Cancel);
        AssertIsModel(image);
        _cuts.Add((snapshot, _model.Copy(), image));
        foreach (int from in new[] { which % _cuts.Count, _cuts.Count - 2 }.Where(from => from >= 0).Distinct())
        {
            // The last cut is the one that the volume's state came from, also after a roll back.
            await AssertDiffAsync(_cuts[from].Snapshot, _cuts[from].Image, snapshot, image, from == _cuts.Count - 2 ? pending : null);
        }
    }

    private void AssertIsModel(TreeImage image)
    {
        var listed = image.Nodes.Where(pair => pair.Value.Entry.Type == TreeEntryType.File).Select(pair => pair.Key);
        Assert.Equal(_model.Files.Keys, listed);
        Assert.Equal(_model.Directories, image.Nodes.Where(pair => pair.Value.Entry.Type == TreeEntryType.Directory).Select(pair => pair.Key));
        foreach ((BytePath path, TreeModel.FileBox box) in _model.Files)
        {
            ExtentOracle.AssertSame(box.Content, image.Nodes[path].Content, $"'{path}' in the snapshot, against the model");
            int names = _model.Files.Values.Count(other => ReferenceEquals(other, box));
            Assert.Equal((path, (uint)names), (path, image.Nodes[path].Entry.LinkCount));
        }
    }

    private async Task AssertDiffAsync(SnapshotInfo before, TreeImage baseImage, SnapshotInfo after, TreeImage targetImage, List<PendingChange>? pending)
    {
        var changes = new List<FileChange>();
        ChangeToken token = BlockSubject.TokenOf(before);
        await foreach (FileChange change in _engine.Feature<IFileDiff>()!.DiffAsync(new FileDiffQuery(token, after.Ref), Cancel))
        {
            changes.Add(change);
        }

        PendingOracle.AssertCovers(pending, changes);

        async Task<IReadOnlyList<Extent>> AskAsync(FileChange change)
        {
            var query = new DeltaQuery(token, after.Ref) { Path = change.Path, BasePath = change.OldPath };
            return (await ExtentAnswer.CollectAsync(_engine.Feature<IBlockMap>()!.DeltaAsync(query, Cancel))).Extents;
        }

        var replay = new TreeReplay(baseImage, targetImage, changes, AskAsync);
        await replay.AssertRebuildsAsync(_capabilities.Delta?.Exactness == Exactness.Exact);
    }
}
