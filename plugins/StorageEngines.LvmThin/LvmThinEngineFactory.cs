using StorageEngines.LvmThin.Hosts;
using StorageEngines.LvmThin.Volumes;
using StorageEngines.RemoteShells;

namespace StorageEngines.LvmThin;

/// <summary>Makes engines for LVM thin: volumes are thin logical volumes, snapshots are read-only thin snapshots, and what changed comes from the pool's metadata.</summary>
/// <remarks>Safe for use by several threads. This machine and another one over SSH are the same: LVM's programs in a shell.</remarks>
public sealed class LvmThinEngineFactory : IStorageEngineFactory
{
    /// <summary>The scheme, <c>lvm-thin</c>.</summary>
    internal const string SchemeName = "lvm-thin";

    /// <inheritdoc/>
    public string Scheme => SchemeName;

    /// <inheritdoc/>
    public IStorageEngine Create(EngineContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new LvmThinStorageEngine(new LvmHost(context.Commands));
    }

    /// <inheritdoc/>
    /// <remarks>Implements: lvs(8).</remarks>
    public async ValueTask<VolumeClaim> ClaimAsync(BytePath path, EngineContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (!path.Span.StartsWith("/dev/"u8) || !LvmPath.TryParse(path, out string? _, out string? _))
        {
            return VolumeClaim.None;
        }

        await using var host = new LvmHost(context.Commands);
        Script script = new Script().Text("lvs --noheadings -o segtype --").Word(path);
        ShellReply reply = await host.TryAskAsync("claim", script, cancellationToken).ConfigureAwait(false);
        return reply.Exit == 0 && reply.Output.AsSpan().Trim(" \n"u8).SequenceEqual("thin"u8) ? VolumeClaim.Native : VolumeClaim.None;
    }
}
