using StorageEngines.Posix;
using StorageEngines.TarRsync.Capture;

namespace StorageEngines.TarRsync.Remote;

/// <summary>
/// Brings a staging copy up to date. rsync does not say whether a file held still while it was read; so the files that were moved are looked at again, and if
/// size or time of one is another by then, or something vanished meanwhile, the pull is repeated, up to three times.
/// </summary>
internal sealed class RemotePull(RsyncProgram program, Staging staging, VolumePlace place, TimeProvider time, IProgress<OperationProgress>? progress)
{
    /// <summary>How often the volume is pulled before it is taken as it is.</summary>
    internal const int Rounds = 3;

    private readonly List<string> _warnings = [];
    private long _files;
    private long _bytes;

    private bool IsTree => place.Kind == VolumeKind.Tree;

    /// <summary>Pulls. What was moved before it was ended stays and is not moved again by the next pull.</summary>
    /// <exception cref="StorageEngineException">rsync failed; the message says what to do.</exception>
    internal async Task<PulledCopy> RunAsync(CancellationToken cancellationToken)
    {
        var repair = new StagingRepair(staging);
        repair.Run();
        var state = new StagingState(Complete: false, new PosixTime(time.GetUtcNow().ToUnixTimeSeconds(), 0), StagingState.ThisBoot);
        staging.SetState(state);
        File.Delete(staging.MovedList);
        bool still = false;
        for (int round = 1; round <= Rounds && !still; round++)
        {
            if (round > 1)
            {
                repair.PartLinks();
            }

            bool vanished = await PullAsync(cancellationToken).ConfigureAwait(false);
            List<string> moved = await ChangedSinceAsync(cancellationToken).ConfigureAwait(false);
            still = !vanished && moved.Count == 0;
            if (round == Rounds && !still)
            {
                Warn(moved);
            }
        }

        staging.Sync();
        staging.SetState(state with { Complete = true });
        BytePath location = IsTree ? staging.Content : staging.Content.Append(place.Location.Name);
        return new PulledCopy(location, staging.FileSystem(), _files, _bytes, still, _warnings);
    }

    private async Task<bool> PullAsync(CancellationToken cancellationToken)
    {
        RemoteShellCommand shell = await program.Host.Shell.OpenAsync(cancellationToken).ConfigureAwait(false);
        List<CommandArgument> arguments = IsTree
            ? RsyncArguments.PullTree(shell, place.Location, staging.Content, program.Host.Checksum)
            : RsyncArguments.PullFile(shell, place.Location.Parent, staging.Content, program.Host.Checksum);
        using var moved = new NameList(staging.MovedList);
        using var links = new NameList(staging.LinksList);
        var output = new RsyncOutput
        {
            OnItem = (marks, name) => Note(marks, name, moved, links),
            OnProgress = done => progress?.Report(new OperationProgress("rsync", done, null, _files)),
        };
        CommandExit exit = await program.RunAsync(arguments, output, IsTree ? null : place.Location.Name, cancellationToken).ConfigureAwait(false);
        _bytes += output.Bytes;
        if (exit.ExitCode is 0 or RsyncFailure.Vanished)
        {
            return exit.ExitCode != 0;
        }

        throw RsyncFailure.IsMissing(exit, IsTree)
            ? new VolumeNotFoundException($"{program.Host.Name}:{place.Location}")
            : RsyncFailure.From(exit, program.Host.Name, $"pull '{place.Location}'");
    }

    private void Note(string marks, byte[] name, NameList moved, NameList links)
    {
        if (marks.StartsWith(">f", StringComparison.Ordinal))
        {
            moved.Add(name);
            _files++;
        }
        else if (marks[0] == 'h')
        {
            links.Add(name);
        }
    }

    /// <summary>Of the files that were moved, those that are others by now.</summary>
    private async Task<List<string>> ChangedSinceAsync(CancellationToken cancellationToken)
    {
        List<string> changed = [];
        if (new FileInfo(staging.MovedList) is not { Exists: true, Length: > 0 })
        {
            return changed;
        }

        RemoteShellCommand shell = await program.Host.Shell.OpenAsync(cancellationToken).ConfigureAwait(false);
        BytePath source = IsTree ? place.Location : place.Location.Parent;
        void Add(string marks, byte[] name)
        {
            const int Most = 100;
            if (marks[0] != '.' && changed.Count < Most)
            {
                changed.Add(new BytePath(name).ToString());
            }
        }

        List<CommandArgument> arguments = RsyncArguments.Verify(shell, source, staging.Content, staging.MovedList, followLinks: !IsTree);
        CommandExit exit = await program.AskAsync(arguments, () => new RsyncOutput { OnItem = Add }, null, cancellationToken).ConfigureAwait(false);
        return exit.ExitCode is 0 or RsyncFailure.Vanished ? changed : throw RsyncFailure.From(exit, program.Host.Name, $"look again at '{place.Location}'");
    }

    private void Warn(List<string> moved)
    {
        foreach (string name in moved)
        {
            _warnings.Add($"'{name}' changed while it was pulled, {Rounds} times in a row; its content may be a mixture");
        }

        if (moved.Count == 0)
        {
            _warnings.Add("files vanished while they were pulled; copies of an earlier state may be among the files");
        }
    }
}
