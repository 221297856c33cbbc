using StorageEngines.Btrfs.Native;
using StorageEngines.Btrfs.Snapshots;
using StorageEngines.Btrfs.Volumes;
using StorageEngines.RemoteShells;

namespace StorageEngines.Btrfs.Hosts.Remote;

/// <summary>Reads the directories of snapshots, many in one round trip.</summary>
/// <param name="errors">Finds out why something failed.</param>
internal sealed class RemoteHomes(RemoteErrors errors)
{
    private const int Batch = 500; // paths in one script

    /// <summary>Looks into directories of snapshots; see <see cref="IBtrfsHost.ReadHomes"/>.</summary>
    internal List<HomeFacts> Read(IReadOnlyList<BytePath> homes, RemoteSubvolumeTable? table, CancellationToken cancellationToken)
    {
        var found = new List<HomeFacts>();
        foreach (BytePath[] some in homes.Chunk(Batch))
        {
            found.AddRange(ReadSome(some, table, cancellationToken));
        }

        return found;
    }

    /// <summary>Finds out which snapshots somebody wrote to. A balance, or a clone of it, makes one look so; the beginning of its stream tells.</summary>
    internal SubvolumeDetails[] Settle(IReadOnlyList<(SubvolumeDetails Details, BytePath Path)> snapshots, CancellationToken cancellationToken)
    {
        SubvolumeDetails[] settled = [.. snapshots.Select(each => each.Details)];
        int[] doubtful = [.. Enumerable.Range(0, settled.Length).Where(i => settled[i] is { IsReadOnly: true, IsPristine: false })];
        foreach (int[] some in doubtful.Chunk(Batch))
        {
            var script = new Script();
            foreach (int i in some)
            {
                script.Text("first").Word(snapshots[i].Path).Text("; printf '\\0'\n");
            }

            var fields = new Fields(errors.Ask("look at", snapshots[some[0]].Path, script, cancellationToken), "the beginnings of streams", BtrfsEngineFactory.SchemeName);
            foreach (int i in some)
            {
                settled[i] = settled[i] with { ChangeTransaction = StreamStart.Transaction(fields.Next().Span, settled[i].Uuid) ?? settled[i].ChangeTransaction };
            }
        }

        return settled;
    }

    private List<HomeFacts> ReadSome(BytePath[] homes, RemoteSubvolumeTable? table, CancellationToken cancellationToken)
    {
        var script = new Script();
        // The table has no time for what is not a snapshot of something, such as what was received whole.
        SubvolumeDetails?[] known = [.. homes.Select(home => table?.At(VolumeLookup.Below(home, SnapshotCatalog.DataName)) is { } told && told.CreatedAt != default ? told : null)];
        for (int i = 0; i < homes.Length; i++)
        {
            BytePath data = VolumeLookup.Below(homes[i], SnapshotCatalog.DataName);
            // What the table tells has to be there still; that a directory is a subvolume is asked of all at once.
            if (known[i] is null)
            {
                script.Text("o=; [ -d").Word(data).Text(" ] && [ ! -L").Word(data).Text(" ] && [ \"$(stat -c %i").Word(data).Text(")\" = 256 ] && { o=$(btrfs subvolume show").Word(data)
                    .Text(" 2>/dev/null) || exit 3; }; printf '%s\\0' \"$o\"\n");
            }
            else
            {
                script.Text("[ -d").Word(data).Text(" ] && [ ! -L").Word(data).Text(" ] && printf '1\\0' || printf '0\\0'\n");
            }

            script.Text("note").Word(homes[i]).End();
        }

        script.Text("exit 0");
        var fields = new Fields(errors.Ask("read snapshots in", homes[0], script, cancellationToken), "what was noted of snapshots", BtrfsEngineFactory.SchemeName);
        var found = new List<HomeFacts>();
        for (int i = 0; i < homes.Length; i++)
        {
            ReadOnlyMemory<byte> told = fields.Next();
            SubvolumeDetails? details = known[i] is { } one ? told.Span.SequenceEqual("1"u8) ? one : null : told.IsEmpty ? null : SubvolumeShow.Parse(told.Span);
            bool isNoted = fields.Flag();
            byte[] info = fields.Next().ToArray();
            found.Add(new HomeFacts(homes[i], details, isNoted && details is not null ? info : null));
        }

        return found;
    }
}
