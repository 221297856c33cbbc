using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using StorageEngines.RemoteShells;
using StorageEngines.Zfs.Hosts;

namespace StorageEngines.Zfs.Datasets;

/// <summary>Finds datasets: by name, by path, and from an id back to the name it has now. Safe for use by several threads.</summary>
/// <param name="host">Where they are.</param>
internal sealed class DatasetCatalog(ZfsHost host)
{
    private readonly ConcurrentDictionary<ulong, string> _names = new();

    /// <summary>Where they are.</summary>
    internal ZfsHost Host => host;

    /// <summary>The guid of a volume's reference.</summary>
    /// <exception cref="VolumeNotFoundException">Its id is none that this engine gives.</exception>
    internal static ulong GuidOf(VolumeRef volume)
        => volume.Engine == ZfsEngineFactory.SchemeName && ulong.TryParse(volume.Id, NumberStyles.None, CultureInfo.InvariantCulture, out ulong guid)
            ? guid : throw new VolumeNotFoundException(volume.ToString()) { Engine = ZfsEngineFactory.SchemeName };

    /// <summary>Finds a volume.</summary>
    /// <exception cref="VolumeNotFoundException">It is not there, or another one has its name (VolumeReplaced).</exception>
    internal async Task<Dataset> RequireAsync(VolumeRef volume, CancellationToken cancellationToken)
    {
        byte[] row = await AskAsync("find volume", volume, static script => script, cancellationToken).ConfigureAwait(false);
        return Known(DatasetTable.ParseFirst(row, out _));
    }

    /// <summary>
    /// Asks something about a volume in one round trip: the script begins by making sure that the volume is what is under its name, and by printing it. If it is not, it is looked for by its guid.
    /// </summary>
    /// <param name="operation">What it is for.</param>
    /// <param name="volume">The volume.</param>
    /// <param name="script">Appends the rest; the variable <c>$n</c> is the volume's name. It may end with <see cref="ZfsShellFunctions.OtherIdentity"/> itself.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The volume's line, for <see cref="DatasetTable.ParseFirst"/>, and what the rest wrote.</returns>
    internal async Task<byte[]> AskAsync(string operation, VolumeRef volume, Func<Script, Script> script, CancellationToken cancellationToken)
    {
        (string name, ShellReply reply) = await RunAsync(operation, volume, script, (_, all) => host.TryAskAsync(all, cancellationToken), cancellationToken).ConfigureAwait(false);
        return host.Check(operation, name, reply).Output;
    }

    /// <summary>Like <see cref="AskAsync"/>, for a script that changes something: see <see cref="ZfsHost.ChangeAsync"/>.</summary>
    /// <returns>The volume's name, and what came of it.</returns>
    internal Task<(string Name, ShellReply Reply)> TryChangeAsync(string operation, VolumeRef volume, Func<Script, Script> script, CancellationToken cancellationToken)
        => RunAsync(operation, volume, script, (name, all) => host.TryChangeAsync(operation, name, all, cancellationToken), cancellationToken);

    /// <summary>Finds the volume at a location: a dataset's name, a mount point, or a device of a zvol.</summary>
    /// <exception cref="VolumeNotFoundException">There is none.</exception>
    /// <exception cref="StorageEngineException">The location can mean two volumes, or is within one.</exception>
    internal async Task<Dataset> ResolveAsync(BytePath location, CancellationToken cancellationToken)
    {
        string text = location.ToString();
        if (!location.IsAbsolute)
        {
            if (!DatasetName.IsValid(text))
            {
                throw new VolumeNotFoundException(text) { Engine = ZfsEngineFactory.SchemeName };
            }

            byte[] row = await host.AskAsync("find volume", text, new Script().Text("row").Word(Encoding.UTF8.GetBytes(text)), cancellationToken).ConfigureAwait(false);
            return Known(DatasetTable.ParseFirst(row, out _));
        }

        byte[] answer = await host.AskAsync("find volume", text, new Script().Text("look").Word(location), cancellationToken).ConfigureAwait(false);
        return Known(LookedUp.Parse(answer, location).Require(location));
    }

    /// <summary>How strong the claim to a path is.</summary>
    internal async Task<VolumeClaim> ClaimAsync(BytePath path, CancellationToken cancellationToken)
    {
        ShellReply reply = await host.TryAskAsync(new Script().Text("look").Word(path), cancellationToken).ConfigureAwait(false);
        return reply.Exit == 0 ? LookedUp.Parse(reply.Output, path).Claim : VolumeClaim.None;
    }

    /// <summary>All datasets.</summary>
    internal async Task<IReadOnlyList<Dataset>> ListAsync(CancellationToken cancellationToken)
    {
        Script script = new Script().Text("command -v zfs >/dev/null || exit 127; zfs list -Hp -t filesystem,volume -o \"$ds\"");
        byte[] answer = await host.AskAsync("list volumes", host.Runner.Host, script, cancellationToken).ConfigureAwait(false);
        List<Dataset> all = DatasetTable.Parse(answer);
        all.ForEach(each => Known(each));
        return all;
    }

    /// <summary>Notes what name a dataset has.</summary>
    internal Dataset Known(Dataset dataset)
    {
        _names[dataset.Guid] = dataset.Name;
        return dataset;
    }

    private async Task<(string Name, ShellReply Reply)> RunAsync(
        string operation, VolumeRef volume, Func<Script, Script> script, Func<string, Script, Task<ShellReply>> run, CancellationToken cancellationToken)
    {
        ulong guid = GuidOf(volume);
        string? name = _names.TryGetValue(guid, out string? known) ? known : volume.Name;
        if (name is not null && DatasetName.IsValid(name) && await run(name, script(Begin(name, guid))).ConfigureAwait(false) is { Exit: not ZfsShellFunctions.OtherIdentity } reply)
        {
            return (name, reply);
        }

        Dataset found = await FindAsync(volume, guid, name, cancellationToken).ConfigureAwait(false);
        ShellReply again = await run(found.Name, script(Begin(found.Name, guid))).ConfigureAwait(false);
        return again.Exit != ZfsShellFunctions.OtherIdentity ? (found.Name, again)
            : throw new StorageEngineException(EngineStatus.Aborted, EngineReason.None, Recovery.Retry, $"'{found.Name}' was renamed or replaced at the same time; nothing was changed. Try again.")
            { Engine = ZfsEngineFactory.SchemeName, Operation = operation };
    }

    private static Script Begin(string name, ulong guid)
    {
        byte[] word = Encoding.UTF8.GetBytes(name);
        return new Script().Text("n=").Append(word).Text("\nis").Word(word).Word(Encoding.ASCII.GetBytes(guid.ToString(CultureInfo.InvariantCulture))).End();
    }

    private async Task<Dataset> FindAsync(VolumeRef volume, ulong guid, string? name, CancellationToken cancellationToken)
    {
        IReadOnlyList<Dataset> all = await ListAsync(cancellationToken).ConfigureAwait(false);
        if (all.FirstOrDefault(each => each.Guid == guid) is { } found)
        {
            return found;
        }

        _names.TryRemove(guid, out _);
        bool isReplaced = all.Any(each => each.Name == name || each.Name == volume.Name);
        throw new VolumeNotFoundException(volume.ToString(), isReplaced ? EngineReason.VolumeReplaced : EngineReason.VolumeMissing) { Engine = ZfsEngineFactory.SchemeName };
    }
}
