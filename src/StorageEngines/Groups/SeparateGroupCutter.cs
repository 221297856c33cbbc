using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using System.Text;

namespace StorageEngines;

/// <summary>Cuts each member for itself, all at the same time. What was there before is never deleted: members carry the group's label.</summary>
internal sealed class SeparateGroupCutter : IGroupCutter
{
    private readonly IReadOnlyList<GroupMember> _members;
    private readonly string _name;
    private readonly string _id;
    private readonly Dictionary<string, string> _labels;
    private bool _begun;

    internal SeparateGroupCutter(IReadOnlyList<GroupMember> members, string name, IReadOnlyDictionary<string, string> labels)
    {
        _members = members;
        _name = name;
        IEnumerable<string> parts = members.Select(member => $"{member.Volume.Engine}\0{member.Volume.Id}").Order(StringComparer.Ordinal).Prepend(name);
        _id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', parts))))[..32];
        _labels = new Dictionary<string, string>(labels) { [GroupSnapshots.GroupLabel] = _id };
    }

    public async ValueTask<GroupSnapshotInfo?> FindAsync(CancellationToken cancellationToken)
    {
        var found = new List<SnapshotInfo>();
        foreach (GroupMember member in _members)
        {
            if (await FindAsync(member, cancellationToken).ConfigureAwait(false) is { } snapshot)
            {
                found.Add(snapshot);
            }
        }

        if (found.Count == 0)
        {
            return null;
        }

        return found.Count == _members.Count && found.All(IsOurs)
            ? Group(found)
            : throw new StorageEngineException(
                EngineStatus.AlreadyExists, EngineReason.NameTaken, Recovery.FixRequest,
                $"'{found[0].Ref}' exists and is not a member of a whole group '{_name}' of these volumes; choose another name, or delete it.");
    }

    public async Task<GroupSnapshotInfo> CutAsync(CancellationToken cancellationToken)
    {
        using var others = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _begun = true;
        var cuts = new List<Task<SnapshotInfo>>();
        foreach (GroupMember member in _members)
        {
            cuts.Add(Task.Run(() => CutAsync(member, others), CancellationToken.None));
        }

        Task<SnapshotInfo[]> all = Task.WhenAll(cuts);
        try
        {
            return Group(await all.ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (all.Exception?.InnerExceptions.FirstOrDefault(error => error is not OperationCanceledException) is { } cause)
        {
            ExceptionDispatchInfo.Throw(cause); // the others were cancelled because of it
            throw;
        }
    }

    public async Task UndoAsync(GroupSnapshotInfo? group)
    {
        foreach (GroupMember member in _begun ? _members : [])
        {
            if (await FindAsync(member, CancellationToken.None).ConfigureAwait(false) is { } snapshot && IsOurs(snapshot))
            {
                await Snapshots(member).DeleteAsync(snapshot.Ref, DeleteMode.Everything, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private async Task<SnapshotInfo> CutAsync(GroupMember member, CancellationTokenSource others)
    {
        try
        {
            var request = new CreateSnapshotRequest(member.Volume, _name) { Labels = _labels };
            SnapshotInfo snapshot = await Snapshots(member).CreateAsync(request, others.Token).ConfigureAwait(false);
            return IsOurs(snapshot) ? snapshot : throw new StorageEngineException(
                EngineStatus.AlreadyExists, EngineReason.NameTaken, Recovery.FixRequest, $"Somebody else made '{snapshot.Ref}' at the same time; choose another name.");
        }
        catch
        {
            await others.CancelAsync().ConfigureAwait(false); // the group has failed, so the others need not end
            throw;
        }
    }

    private async ValueTask<SnapshotInfo?> FindAsync(GroupMember member, CancellationToken cancellationToken)
    {
        await foreach (SnapshotInfo snapshot in Snapshots(member).ListAsync(member.Volume, _name, cancellationToken).ConfigureAwait(false))
        {
            if (snapshot.Ref.Name == _name)
            {
                return snapshot;
            }
        }

        return null;
    }

    private bool IsOurs(SnapshotInfo snapshot) => snapshot.Labels.TryGetValue(GroupSnapshots.GroupLabel, out string? id) && id == _id;

    private GroupSnapshotInfo Group(IReadOnlyList<SnapshotInfo> members) => new(_id, _name, members, Consistency.Unknown, Complete: true);

    private static ISnapshots Snapshots(GroupMember member) => member.Engine.Feature<ISnapshots>()
        ?? throw new CapabilityNotSupportedException(EngineCapability.Snapshot, $"Engine '{member.Engine.Name}' cannot take snapshots.");
}
