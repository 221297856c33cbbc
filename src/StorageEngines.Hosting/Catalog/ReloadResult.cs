namespace StorageEngines.Hosting;

/// <summary>What a reload changed. Each entry reads <c>scheme version</c>.</summary>
/// <param name="Added">Plug-ins that can be opened from now on.</param>
/// <param name="Retired">Plug-ins that are not opened any more; each is unloaded when its last open engine is disposed.</param>
/// <param name="Drained">Ends when all of <paramref name="Retired"/> are unloaded. It does not fail, and waits as long as their engines are open.</param>
public sealed record ReloadResult(IReadOnlyList<string> Added, IReadOnlyList<string> Retired, Task Drained);
