BEGIN TRANSACTION;
CREATE TABLE calls (
	call_id VARCHAR NOT NULL, 
	started_at VARCHAR NOT NULL, 
	agent_id VARCHAR NOT NULL, 
	team VARCHAR, 
	path TEXT, 
	content_hash VARCHAR NOT NULL, 
	scaled FLOAT, 
	passed BOOLEAN, 
	complaint BOOLEAN NOT NULL, 
	hearing_key VARCHAR NOT NULL, 
	judging_key VARCHAR NOT NULL, 
	recording TEXT NOT NULL, 
	heard TEXT NOT NULL, 
	analysis TEXT NOT NULL, 
	verdict TEXT NOT NULL, 
	PRIMARY KEY (call_id)
);
INSERT INTO "calls" VALUES('c1','2026-11-20T01:00:00+00:00','8001',NULL,'/录音/c1.wav','ab',100.0,1,0,'h1','j1','{"call_id":"c1","content_hash":"ab","path":"/录音/c1.wav","agent_id":"8001","agent_name":null,"team":null,"team_leader":null,"hired_on":null,"started_at":"2026-11-20T09:00:00+08:00","direction":null,"customer_id":null,"agent_channel":null,"extra":{"队列":"一线"}}','{"duration":3.0,"channels":2,"turns":[{"role":"agent","text":"您好","start":1.0,"end":1.5,"confidence":0.9,"words":[{"text":"您好","start":1.0,"end":1.5,"confidence":0.9}],"channel":0}],"roles":{"method":"channel","confidence":1.0,"agent_channel":0,"evidence":[{"role":"agent","text":"您好","start":1.0,"end":1.5,"phrase":"您好","closeness":0.93,"turn":0,"span":[0,2],"category":"问候"}]},"speech":[{"role":"agent","intervals":[[1.0,1.5]],"channel":0}],"sounds":[{"type":"music","start":2.0,"end":2.5,"by":null}],"dropped":[{"start":2.0,"end":2.5,"text":"请不吝点赞","reason":"watermark","role":"unknown"}],"parted":true,"codec":"pcm_alaw","sample_rate":8000,"models":{"asr":"base"}}','{"events":[{"type":"silence","start":1.5,"end":3.0,"by":null}],"metrics":{"silence":1.5,"overtalk":null}}','{"findings":[{"criterion":"greeting","name":"问候语","section":"开场","outcome":"met","points":5.0,"max_points":5.0,"fatal":false,"hits":[{"role":"agent","text":"您好","start":1.0,"end":1.5,"phrase":"您好","closeness":0.93,"turn":0,"span":[0,2],"category":"问候"}],"searched":{"role":"agent","start":0.0,"end":15.0,"turns":1},"nearest":{"role":"agent","text":"您好","start":1.0,"end":1.5,"phrase":"您好","closeness":0.93,"turn":0,"span":[0,2],"category":"问候"},"reason":"依据","severity":null}],"score":{"total":5.0,"possible":5.0,"scaled":100.0,"band":"优秀","passed":true,"fatal":[],"critical":null},"complaint":{"detected":false,"probability":0.1,"threat":false,"categories":[],"hits":[]},"rubric":{"id":"general-inbound","version":"1","hash":"ff"},"flags":["review"]}');
INSERT INTO "calls" VALUES('c2','','8001',NULL,'/录音/c2.wav','ab',100.0,1,0,'h2','j2','{"call_id":"c2","content_hash":"ab","path":"/录音/c2.wav","agent_id":"8001","agent_name":null,"team":null,"team_leader":null,"hired_on":null,"started_at":null,"direction":null,"customer_id":null,"agent_channel":null,"extra":{"队列":"一线"}}','{"duration":3.0,"channels":2,"turns":[{"role":"agent","text":"您好","start":1.0,"end":1.5,"confidence":0.9,"words":[{"text":"您好","start":1.0,"end":1.5,"confidence":0.9}],"channel":0}],"roles":{"method":"channel","confidence":1.0,"agent_channel":0,"evidence":[{"role":"agent","text":"您好","start":1.0,"end":1.5,"phrase":"您好","closeness":0.93,"turn":0,"span":[0,2],"category":"问候"}]},"speech":[{"role":"agent","intervals":[[1.0,1.5]],"channel":0}],"sounds":[{"type":"music","start":2.0,"end":2.5,"by":null}],"dropped":[{"start":2.0,"end":2.5,"text":"请不吝点赞","reason":"watermark","role":"unknown"}],"parted":true,"codec":"pcm_alaw","sample_rate":8000,"models":{"asr":"base"}}','{"events":[{"type":"silence","start":1.5,"end":3.0,"by":null}],"metrics":{"silence":1.5,"overtalk":null}}','{"findings":[{"criterion":"greeting","name":"问候语","section":"开场","outcome":"met","points":5.0,"max_points":5.0,"fatal":false,"hits":[{"role":"agent","text":"您好","start":1.0,"end":1.5,"phrase":"您好","closeness":0.93,"turn":0,"span":[0,2],"category":"问候"}],"searched":{"role":"agent","start":0.0,"end":15.0,"turns":1},"nearest":{"role":"agent","text":"您好","start":1.0,"end":1.5,"phrase":"您好","closeness":0.93,"turn":0,"span":[0,2],"category":"问候"},"reason":"依据","severity":null}],"score":{"total":5.0,"possible":5.0,"scaled":100.0,"band":"优秀","passed":true,"fatal":[],"critical":null},"complaint":{"detected":false,"probability":0.1,"threat":false,"categories":[],"hits":[]},"rubric":{"id":"general-inbound","version":"1","hash":"ff"},"flags":["review"]}');
CREATE TABLE imports (
	call_id VARCHAR NOT NULL, 
	path TEXT NOT NULL, 
	PRIMARY KEY (call_id)
);
INSERT INTO "imports" VALUES('c2','/文字/c2.json');
CREATE TABLE named_agents (
	call_id VARCHAR NOT NULL, 
	content_hash VARCHAR NOT NULL, 
	agent INTEGER NOT NULL, 
	PRIMARY KEY (call_id)
);
INSERT INTO "named_agents" VALUES('c1','ab',1);
CREATE TABLE quarantine (
	call_id VARCHAR NOT NULL, 
	path TEXT NOT NULL, 
	content_hash VARCHAR, 
	hearing_key VARCHAR, 
	message TEXT NOT NULL, 
	PRIMARY KEY (call_id)
);
INSERT INTO "quarantine" VALUES('bad','/录音/bad.wav',NULL,'h0','文件是空的');
CREATE INDEX calls_by_agent ON calls (agent_id, started_at);
CREATE INDEX calls_in_order ON calls (started_at, call_id);
COMMIT;
